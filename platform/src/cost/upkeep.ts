import { daysPerMonth, type Flow, hoursPerMonth, type Line, millions } from "./flow.ts";
import type { Prices } from "./prices.ts";
import type { Settings } from "./settings.ts";

const leastGlueHoursPerNight = 0.2;
/** Kinesis, SQS, SNS, KMS, Logs, Monitoring, Secrets Manager and the two of ECR; those of S3 and DynamoDB are free. */
const endpoints = 9;
/** From the gateway to SNS or SQS, and from the forwarder to Kinesis. */
const timesThroughEndpoints = 2;
const keys = 6;
/** Buckets and tables keep a data key for minutes: few writes ask for one. */
const keyRequestsPerInvocation = 0.1;
const metrics = 60;
const alarms = 40;
const dataEventsPerObject = 3;

/** Glue, Athena, endpoints, keys, logs, alarms and trails. `objects` and `invocations` are ingestion's in a month. */
export function upkeepLines(
  flow: Flow,
  settings: Settings,
  { of }: Prices,
  { objects, invocations }: { objects: number; invocations: number },
): Line[] {
  const gluePerNight = Math.max(leastGlueHoursPerNight, (flow.gb / daysPerMonth) * settings.glueHoursPerGb);
  const logGb = ((flow.calls + invocations) * settings.logBytesPerCall) / 1_024 ** 3;
  const items = flow.events * (1 + settings.writesPerEvent + settings.readsPerEvent);
  const dataEvents = objects * dataEventsPerObject + settings.trailDynamoDb * items;
  return [
    { service: "Glue", what: "every night", usd: daysPerMonth * gluePerNight * of.glueDpuHour.usd },
    {
      service: "Athena",
      what: "queries",
      usd: ((settings.athenaGbPerDay * daysPerMonth) / 1_024) * of.athenaTbScanned.usd,
    },
    {
      service: "PrivateLink",
      what: `${endpoints} endpoints in ${settings.availabilityZones} zones`,
      usd:
        endpoints * settings.availabilityZones * hoursPerMonth * of.endpointHour.usd +
        flow.gb * timesThroughEndpoints * of.endpointGb.usd,
    },
    {
      service: "KMS",
      what: `${keys} customer keys`,
      usd: keys * of.kmsKey.usd + millions(invocations * keyRequestsPerInvocation) * of.kmsMillionRequests.usd,
    },
    {
      service: "CloudWatch",
      what: `logs, ${metrics} metrics, ${alarms} alarms, a dashboard`,
      usd:
        logGb * of.cloudWatchLogGb.usd +
        metrics * of.cloudWatchMetric.usd +
        alarms * of.cloudWatchAlarm.usd +
        of.cloudWatchDashboard.usd,
    },
    { service: "CloudTrail", what: "data events", usd: millions(dataEvents) * of.cloudTrailMillionDataEvents.usd },
  ];
}
