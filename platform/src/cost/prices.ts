import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { Problem } from "../model/problem.ts";

const closed = { additionalProperties: false } as const;
const day = Type.String({ pattern: "^\\d{4}-\\d{2}-\\d{2}$" });
const origin = {
  /** Of AWS's, where the price is set and to be read again. */
  page: Type.String({ minLength: 1 }),
  /** Where the figure was seen when the file was written; null where it was not seen anywhere and is from memory. */
  seenIn: Type.Union([Type.String({ minLength: 1 }), Type.Null()]),
  read: day,
};
const price = Type.Object(
  { service: Type.String(), unit: Type.String(), usd: Type.Number({ minimum: 0 }), ...origin },
  closed,
);
const discount = Type.Object({ share: Type.Number({ minimum: 0, exclusiveMaximum: 1 }), ...origin }, closed);

/** Every price that the formulas ask for. A file without one of them is refused. */
export const priceNames = [
  "albHour",
  "albCapacityUnitHour",
  "wafAcl",
  "wafRule",
  "wafMillionRequests",
  "fargateCpuHour",
  "fargateGbHour",
  "snsMillionRequests",
  "sqsMillionRequests",
  "kinesisStreamHour",
  "kinesisGbIn",
  "kinesisGbOut",
  "kinesisGbMonthKept",
  "kinesisAdvantageGbIn",
  "kinesisAdvantageGbOut",
  "kinesisAdvantageGbMonthKept",
  "kinesisShardHour",
  "kinesisMillionPutUnits",
  "kinesisShardHourKept",
  "lambdaMillionRequests",
  "lambdaGbSecond",
  "lambdaProvisionedGbSecond",
  "lambdaProvisionedRunGbSecond",
  "dynamoMillionWrites",
  "dynamoMillionReads",
  "dynamoGbMonth",
  "dynamoBackupGbMonth",
  "openSearchT3SmallHour",
  "openSearchR7gLargeHour",
  "openSearchGbMonth",
  "influxMediumHour",
  "influxGbMonth",
  "s3FrequentGbMonth",
  "s3InfrequentGbMonth",
  "s3ArchiveGbMonth",
  "s3ThousandPuts",
  "s3ThousandGets",
  "s3ThousandObjectsWatched",
  "glueDpuHour",
  "athenaTbScanned",
  "endpointHour",
  "endpointGb",
  "kmsKey",
  "kmsMillionRequests",
  "cloudWatchLogGb",
  "cloudWatchMetric",
  "cloudWatchAlarm",
  "cloudWatchDashboard",
  "cloudTrailMillionDataEvents",
] as const;

export type PriceName = (typeof priceNames)[number];

const priceFile = Type.Object(
  {
    region: Type.String({ minLength: 1 }),
    currency: Type.Literal("USD"),
    read: day,
    prices: Type.Object(
      Object.fromEntries(priceNames.map((name) => [name, price])) as Record<PriceName, typeof price>,
      closed,
    ),
    savings: Type.Object({ fargate: discount, lambda: discount, term: Type.String({ minLength: 1 }) }, closed),
  },
  closed,
);

type Price = Static<typeof price>;
type Discount = Static<typeof discount>;

/** List prices of one region on one day, in US dollars without tax, no free tier, no volume discount. */
export interface Prices {
  region: string;
  /** ISO date. */
  read: string;
  of: Readonly<Record<PriceName, Price>>;
  savings: { fargate: Discount; lambda: Discount; term: string };
}

const ownFile = join(import.meta.dirname, "prices.json");
const maxFileBytes = 1_000_000;

/** The prices in `path`, of the form of this folder's `prices.json`; without a path, those. Problem 400 `prices_invalid`. */
export function readPrices(path: string = ownFile): Prices {
  return parsePrices(textOf(path), path);
}

/** Problem 400 `prices_invalid`, which names the place. */
export function parsePrices(text: string, where: string): Prices {
  const file = jsonOf(text, where);
  if (Value.Check(priceFile, file)) {
    return { region: file.region, read: file.read, of: file.prices, savings: file.savings };
  }
  const [first] = Value.Errors(priceFile, file);
  const place = first === undefined || first.instancePath === "" ? "" : ` at ${first.instancePath}`;
  throw invalid(`${where} is not a price file${place}: ${first?.message ?? "its form is another"}.`);
}

/** Services and units whose figure was not seen anywhere when the file was written. */
export function unseenPrices({ of, savings }: Prices): string[] {
  const unseen = priceNames.filter((name) => of[name].seenIn === null);
  const discounts = (["fargate", "lambda"] as const).filter((service) => savings[service].seenIn === null);
  return [
    ...unseen.map((name) => `${of[name].service}: ${of[name].unit}`),
    ...discounts.map((service) => `Savings Plans: the share that they take off ${service}`),
  ];
}

function textOf(path: string): string {
  try {
    const bytes = readFileSync(path);
    if (bytes.length > maxFileBytes) throw invalid(`${path} is larger than a price file is.`);
    return bytes.toString("utf8");
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw invalid(`${path} cannot be read.`);
  }
}

function jsonOf(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid(`${where} is not JSON.`);
  }
}

function invalid(message: string): Problem {
  return new Problem(400, "prices_invalid", message, {
    field: "prices",
    hint: "Copy platform/src/cost/prices.json and change its figures; docs/cost.md describes it.",
  });
}
