import { edgeLines } from "./edge.ts";
import { flowOf, hoursPerMonth, type Line, millions } from "./flow.ts";
import { functionLine, functionModes, type FunctionMode, functionRequestsUsd, ingestInvocations } from "./functions.ts";
import { type Prices, unseenPrices } from "./prices.ts";
import { type Environment, settingNames, type Settings, settingsTable, type Workload } from "./settings.ts";
import { storeLines } from "./stores.ts";
import { streamLine, streamModes, type StreamMode } from "./stream.ts";
import { upkeepLines } from "./upkeep.ts";

/** How a deployment is set up. */
export interface Deployment {
  environment: Environment;
  settings: Settings;
  stream: StreamMode;
  functions: FunctionMode;
}

export interface CostRequest {
  workload: Workload;
  environment: Environment;
  settings: Settings;
  /** What is not given is whatever is cheapest. */
  stream?: StreamMode | undefined;
  functions?: FunctionMode | undefined;
}

/** Amounts are US cents a month. */
export interface CostEstimate {
  region: string;
  pricesRead: string;
  currency: "USD";
  workload: Workload;
  environment: Environment;
  stream: StreamMode;
  functions: FunctionMode;
  /** By service; `idleMinor` is what it costs deployed, with nothing coming and nobody stored. */
  services: { service: string; what: string; amountMinor: number; idleMinor: number }[];
  amountMinor: number;
  idleMinor: number;
  /** Null where nothing comes. */
  perMillionEventsMinor: number | null;
  /** All ways to run the stream and the ingestion function, the cheapest first. */
  configurations: { stream: StreamMode; functions: FunctionMode; amountMinor: number }[];
  /** What each setting costs at another value, all others as they are. */
  changes: { setting: string; is: string; unit: string; value: number; other: number; differenceMinor: number }[];
  savingsPlan: SavingsPlan;
  settings: Settings;
  /** Prices whose figure was not seen anywhere when the price file was written. */
  unseenPrices: string[];
}

/** Of all that a savings plan covers (Fargate, and the running of Lambda), committed to for every hour. */
export interface SavingsPlan {
  term: string;
  /** What it covers, at list prices. */
  coveredMinor: number;
  commitmentPerHourMinor: number;
  savesMinor: number;
  /** It pays from so much of the commitment being used, 0 to 1. */
  breakEvenShare: number;
}

/** What `workload` costs on AWS in an average month of 730 hours. */
export function estimateCost(request: CostRequest, prices: Prices): CostEstimate {
  const { workload, environment, settings } = request;
  const configurations = configurationsOf(request, prices);
  const [cheapest] = configurations.filter(
    ({ stream, functions }) => stream === (request.stream ?? stream) && functions === (request.functions ?? functions),
  );
  if (cheapest === undefined) throw new Error("there is no such configuration");
  const { stream, functions } = cheapest;
  const deployment = { environment, settings, stream, functions };
  const lines = monthlyLines(workload, deployment, prices);
  const idle = monthlyLines({ ...workload, eventsPerDay: 0, customers: 0 }, deployment, prices);
  const amountMinor = sumMinor(lines);
  const eventsInMillions = millions(flowOf(workload, settings).events);
  return {
    region: prices.region,
    pricesRead: prices.read,
    currency: "USD",
    workload,
    environment,
    stream,
    functions,
    services: lines.map(({ service, what, usd }, at) => ({
      service,
      what,
      amountMinor: minor(usd),
      idleMinor: minor(idle[at]?.usd ?? 0),
    })),
    amountMinor,
    idleMinor: sumMinor(idle),
    perMillionEventsMinor: eventsInMillions === 0 ? null : Math.round(amountMinor / eventsInMillions),
    configurations,
    changes: changesOf(workload, deployment, prices),
    savingsPlan: savingsPlanOf(workload, deployment, prices, lines),
    settings,
    unseenPrices: unseenPrices(prices),
  };
}

/** What is paid for, one line a service, in the order in which an event passes. Not rounded. */
export function monthlyLines(workload: Workload, deployment: Deployment, prices: Prices): Line[] {
  const { environment, settings, stream, functions } = deployment;
  const flow = flowOf(workload, settings);
  const invocations = ingestInvocations(stream, flow, settings);
  const objects = invocations;
  return [
    ...edgeLines(workload, flow, settings, prices),
    streamLine(stream, flow, settings, prices),
    functionLine(functions, stream, flow, settings, prices),
    ...storeLines(workload, flow, settings, prices, { environment, objects }),
    ...upkeepLines(flow, settings, prices, { objects, invocations }),
  ];
}

function configurationsOf({ workload, environment, settings }: CostRequest, prices: Prices) {
  return streamModes
    .flatMap((stream) =>
      functionModes.map((functions) => ({
        stream,
        functions,
        amountMinor: sumMinor(monthlyLines(workload, { environment, settings, stream, functions }, prices)),
      })),
    )
    .sort((one, other) => one.amountMinor - other.amountMinor);
}

function changesOf(workload: Workload, deployment: Deployment, prices: Prices): CostEstimate["changes"] {
  const now = sumMinor(monthlyLines(workload, deployment, prices));
  return settingNames.flatMap((setting) => {
    const { other, unit, is } = settingsTable[setting];
    const value = deployment.settings[setting];
    if (other === null || other === value) return [];
    const settings = { ...deployment.settings, [setting]: other };
    const then = sumMinor(monthlyLines(workload, { ...deployment, settings }, prices));
    return [{ setting, is, unit, value, other, differenceMinor: then - now }];
  });
}

function savingsPlanOf(
  workload: Workload,
  { settings, stream }: Deployment,
  prices: Prices,
  lines: readonly Line[],
): SavingsPlan {
  const usdOf = (service: string): number => lines.find((line) => line.service === service)?.usd ?? 0;
  const requests = functionRequestsUsd(stream, flowOf(workload, settings), settings, prices);
  const lambda = usdOf("Lambda") - requests;
  const covered = usdOf("Fargate") + lambda;
  const saves = usdOf("Fargate") * prices.savings.fargate.share + lambda * prices.savings.lambda.share;
  return {
    term: prices.savings.term,
    coveredMinor: minor(covered),
    commitmentPerHourMinor: minor((covered - saves) / hoursPerMonth),
    savesMinor: minor(saves),
    breakEvenShare: (covered - saves) / covered,
  };
}

function minor(usd: number): number {
  return Math.round(usd * 100);
}

function sumMinor(lines: readonly Line[]): number {
  return lines.reduce((sum, { usd }) => sum + minor(usd), 0);
}
