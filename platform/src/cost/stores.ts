import { daysPerMonth, type Flow, hoursPerMonth, kbPerGb, type Line, millions } from "./flow.ts";
import type { Prices } from "./prices.ts";
import type { Environment, Settings, Workload } from "./settings.ts";

/** Of a message's key, by which a repeated one is known. */
const messageKb = 0.1;
/** Indexes need room to merge, and a node some for itself. */
const searchRoom = 1.45;
const searchGbPerNode = 500;
const leastGbPerSearchNode = 10;
const influxGb = 20;
const processedObjectsPerMonth = 3_000;
const lakeObjectMb = 64;
const readsPerObject = 2;

/** DynamoDB, OpenSearch, Timestream for InfluxDB and S3. `objects` is what ingestion writes to S3 in a month. */
export function storeLines(
  workload: Workload,
  flow: Flow,
  settings: Settings,
  prices: Prices,
  more: { environment: Environment; objects: number },
): Line[] {
  return [
    dynamoLine(workload, flow, settings, prices),
    searchLine(workload, settings, prices, more.environment),
    {
      service: "Timestream for InfluxDB",
      what: `db.influx.medium in ${settings.metricsZones} zones`,
      usd:
        settings.metricsZones *
        (hoursPerMonth * prices.of.influxMediumHour.usd + influxGb * prices.of.influxGbMonth.usd),
    },
    lakeLine(flow, settings, prices, more.objects),
  ];
}

function dynamoLine({ customers, eventKb }: Workload, flow: Flow, settings: Settings, { of }: Prices): Line {
  const perDay = flow.events / daysPerMonth;
  const gb =
    (customers * settings.customerKb +
      perDay * settings.timelineDays * eventKb +
      flow.events * settings.lakeMonths * messageKb) /
    kbPerGb;
  const writes = flow.events * (flow.wholeKb + settings.writesPerEvent);
  const reads = flow.events * settings.readsPerEvent;
  return {
    service: "DynamoDB",
    what: `on-demand, ${Math.round(gb).toLocaleString("en")} GB`,
    usd:
      millions(writes) * of.dynamoMillionWrites.usd +
      millions(reads) * of.dynamoMillionReads.usd +
      gb * (of.dynamoGbMonth.usd + settings.pointInTimeRecovery * of.dynamoBackupGbMonth.usd),
  };
}

function searchLine({ customers }: Workload, settings: Settings, { of }: Prices, environment: Environment): Line {
  const gb = (customers * settings.searchKb * (1 + settings.searchReplicas) * searchRoom) / kbPerGb;
  const nodes = Math.max(settings.searchNodes, Math.ceil(gb / searchGbPerNode));
  const hour = environment === "prod" ? of.openSearchR7gLargeHour : of.openSearchT3SmallHour;
  return {
    service: "OpenSearch",
    what: `${nodes} × ${environment === "prod" ? "r7g.large" : "t3.small"}`,
    usd: nodes * hoursPerMonth * hour.usd + Math.max(gb, nodes * leastGbPerSearchNode) * of.openSearchGbMonth.usd,
  };
}

/** Intelligent-Tiering: a month frequent, two infrequent, then archive with instant access. */
function lakeLine({ gb }: Flow, { lakeShare, lakeMonths }: Settings, { of }: Prices, objects: number): Line {
  const monthly = gb * lakeShare;
  const infrequent = Math.max(0, Math.min(lakeMonths, 3) - 1);
  const archived = Math.max(0, lakeMonths - 3);
  const stored =
    of.s3FrequentGbMonth.usd + infrequent * of.s3InfrequentGbMonth.usd + archived * of.s3ArchiveGbMonth.usd;
  const watched = (monthly * lakeMonths * 1_024) / lakeObjectMb;
  const puts = objects + processedObjectsPerMonth;
  const usd =
    monthly * stored +
    (puts / 1_000) * (of.s3ThousandPuts.usd + readsPerObject * of.s3ThousandGets.usd) +
    (watched / 1_000) * of.s3ThousandObjectsWatched.usd;
  return {
    service: "S3",
    what: `${Math.round(monthly * lakeMonths).toLocaleString("en")} GB in ${lakeMonths} months`,
    usd,
  };
}
