import { type Flow, hoursPerMonth, type Line, millions, secondsPerMonth } from "./flow.ts";
import type { Prices } from "./prices.ts";
import type { Settings, Workload } from "./settings.ts";

/** A load balancer's capacity unit is one of these an hour, whichever is more. */
const gbPerCapacityUnitHour = 1;
const connectionsPerSecondPerCapacityUnit = 25;
const wafRules = 6;
const kbPerRequest = 64;
const messagesPerReceive = 10;
/** Lambda asks a queue by at least so many pollers, each of which waits 20 s for an answer. */
const queues = 2;
const pollers = 5;
const pollSeconds = 20;

/** ALB, WAF, the gateway, SNS and SQS: all that an event passes before Kinesis. */
export function edgeLines(workload: Workload, flow: Flow, settings: Settings, prices: Prices): Line[] {
  const { of } = prices;
  const connectionsPerSecond = flow.calls / settings.callsPerConnection / secondsPerMonth;
  const capacityUnits = Math.max(
    flow.gb / hoursPerMonth / gbPerCapacityUnitHour,
    connectionsPerSecond / connectionsPerSecondPerCapacityUnit,
  );
  const gateway = gatewayHours(flow, settings);
  return [
    {
      service: "ALB",
      what: "load balancer and its capacity units",
      usd: hoursPerMonth * (of.albHour.usd + capacityUnits * of.albCapacityUnitHour.usd),
    },
    {
      service: "WAF",
      what: `web ACL of ${wafRules} rules`,
      usd: of.wafAcl.usd + wafRules * of.wafRule.usd + millions(flow.calls) * of.wafMillionRequests.usd,
    },
    {
      service: "Fargate",
      what: `${gateway / hoursPerMonth} gateways`,
      usd: gateway * (settings.gatewayCpu * of.fargateCpuHour.usd + settings.gatewayGb * of.fargateGbHour.usd),
    },
    ...fanOutLines(workload, flow, settings, prices),
  ];
}

/** Task-hours of the gateway: enough for the busiest second. */
function gatewayHours(flow: Flow, { gatewayTasks, gatewayCpu, eventsPerCpuSecond }: Settings): number {
  const needed = Math.ceil(flow.peakEventsPerSecond / (eventsPerCpuSecond * gatewayCpu));
  return Math.max(gatewayTasks, needed) * hoursPerMonth;
}

/**
 * A request to SNS or SQS is 64 KB. All messages are sent to SQS once, received ten at a time and deleted ten at a time;
 * an idle queue is asked all the same.
 */
function fanOutLines({ eventKb }: Workload, flow: Flow, settings: Settings, { of }: Prices): Line[] {
  const messageKb = settings.eventsPerCall * eventKb;
  const sent = Math.ceil(messageKb / kbPerRequest);
  const received = Math.ceil((messageKb * messagesPerReceive) / kbPerRequest) / messagesPerReceive;
  const deleted = 1 / messagesPerReceive;
  const asked = (queues * pollers * secondsPerMonth) / pollSeconds;
  return [
    {
      service: "SNS",
      what: "publishing",
      usd: millions(flow.calls * settings.shareBySns * sent) * of.snsMillionRequests.usd,
    },
    {
      service: "SQS",
      what: "sending, receiving, deleting",
      usd: millions(asked + flow.calls * (sent + received + deleted)) * of.sqsMillionRequests.usd,
    },
  ];
}
