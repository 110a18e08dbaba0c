import { type Flow, hoursPerMonth, type Line, millions, secondsPerMonth } from "./flow.ts";
import type { Prices } from "./prices.ts";
import type { Settings } from "./settings.ts";
import { shardsOf, type StreamMode } from "./stream.ts";

export const functionModes = ["on-demand", "provisioned"] as const;
/** Whether environments of the ingestion function are kept ready (provisioned concurrency) or made when needed. */
export type FunctionMode = (typeof functionModes)[number];

const messagesPerForward = 10;
const forwardMsPerCall = 3;
const smallFunctionGb = 0.5;
const processorRunsPerHour = 12;
const processorSeconds = 10;
/** A function of so much memory has one processor; less memory has less of it. */
const gbPerCpu = 1.769;

/** Invocations of the ingestion function: full batches, or what has come when a shard's window ends. */
export function ingestInvocations(mode: StreamMode, flow: Flow, settings: Settings): number {
  const { eventsPerSecond } = flow;
  const windowsPerSecond = shardsOf(mode, flow) / settings.ingestWindowS;
  const perSecond = Math.max(eventsPerSecond / settings.ingestBatchSize, Math.min(eventsPerSecond, windowsPerSecond));
  return perSecond * secondsPerMonth;
}

/** Lambda on arm64: what forwards from SQS to Kinesis, ingestion, and the data processor that runs by the clock. */
export function functionLine(
  mode: FunctionMode,
  stream: StreamMode,
  flow: Flow,
  settings: Settings,
  prices: Prices,
): Line {
  const { of } = prices;
  const invocations = ingestInvocations(stream, flow, settings);
  const forwards = flow.calls / messagesPerForward;
  const runs = processorRunsPerHour * hoursPerMonth;
  const small = smallFunctionGb * ((flow.calls * forwardMsPerCall) / 1_000 + runs * processorSeconds);
  const ingest = ingestGbSeconds(invocations, flow, settings);
  const requests = millions(invocations + forwards + runs) * of.lambdaMillionRequests.usd;
  const running = mode === "provisioned" ? keptReady(ingest, settings, prices) : ingest * of.lambdaGbSecond.usd;
  return {
    service: "Lambda",
    what: `${mode}, ${Math.round((100 * ingest) / settings.lambdaGb / secondsPerMonth) / 100} ingesting on average`,
    usd: requests + small * of.lambdaGbSecond.usd + running,
  };
}

/** What of a Lambda line a savings plan covers: all but the requests. */
export function functionRequestsUsd(stream: StreamMode, flow: Flow, settings: Settings, { of }: Prices): number {
  const runs = processorRunsPerHour * hoursPerMonth;
  const count = ingestInvocations(stream, flow, settings) + flow.calls / messagesPerForward + runs;
  return millions(count) * of.lambdaMillionRequests.usd;
}

function ingestGbSeconds(invocations: number, { events }: Flow, settings: Settings): number {
  const { lambdaGb, msPerBatch, msPerEvent } = settings;
  const cpu = Math.min(lambdaGb, gbPerCpu);
  return (lambdaGb * (invocations * msPerBatch + (events * msPerEvent) / cpu)) / 1_000;
}

/** As many environments as are busy on average, whole; one at least. */
function keptReady(gbSeconds: number, { lambdaGb }: Settings, { of }: Prices): number {
  const environments = Math.max(1, Math.ceil(gbSeconds / lambdaGb / secondsPerMonth));
  return (
    environments * lambdaGb * secondsPerMonth * of.lambdaProvisionedGbSecond.usd +
    gbSeconds * of.lambdaProvisionedRunGbSecond.usd
  );
}
