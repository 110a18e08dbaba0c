import { daysPerMonth, type Flow, hoursPerMonth, kbPerGb, type Line, millions, secondsPerMonth } from "./flow.ts";
import type { Prices } from "./prices.ts";
import type { Settings } from "./settings.ts";

export const streamModes = ["on-demand", "advantage", "provisioned"] as const;
export type StreamMode = (typeof streamModes)[number];

/** Ingestion reads the stream once; other followers read what it decided. */
const consumers = 1;
const freeRetentionHours = 24;
const recordsPerShardSecond = 1_000;
const kbPerShardSecond = 1_024;
const readKbPerShardSecond = 2_048;
const kbPerPutUnit = 25;
/** On-demand streams begin with so many. */
const leastOnDemandShards = 4;
/** On-demand Advantage is paid as if at least so much came in, and as much went out. */
export const advantageLeastMbPerSecond = 25;

/** Kinesis Data Streams by one of its three modes. Records are counted in whole KB. */
export function streamLine(mode: StreamMode, flow: Flow, settings: Settings, prices: Prices): Line {
  const usd = { "on-demand": onDemand, advantage, provisioned }[mode](flow, settings, prices);
  const count = shardsOf(mode, flow);
  const shards = mode === "provisioned" ? `, ${count} ${count === 1 ? "shard" : "shards"}` : "";
  return { service: "Kinesis", what: `one stream, ${mode}${shards}`, usd };
}

/** Shards that the busiest second needs. */
export function shardsOf(mode: StreamMode, { peakEventsPerSecond, wholeKb }: Flow): number {
  const kbPerSecond = peakEventsPerSecond * wholeKb;
  return Math.max(
    mode === "provisioned" ? 1 : leastOnDemandShards,
    Math.ceil(peakEventsPerSecond / recordsPerShardSecond),
    Math.ceil(kbPerSecond / kbPerShardSecond),
    Math.ceil((consumers * kbPerSecond) / readKbPerShardSecond),
  );
}

function onDemand(flow: Flow, settings: Settings, { of }: Prices): number {
  const gb = recordGb(flow);
  return (
    hoursPerMonth * of.kinesisStreamHour.usd +
    gb * (of.kinesisGbIn.usd + consumers * of.kinesisGbOut.usd) +
    keptGb(gb, settings) * of.kinesisGbMonthKept.usd
  );
}

function advantage(flow: Flow, settings: Settings, { of }: Prices): number {
  const gb = recordGb(flow);
  const least = (advantageLeastMbPerSecond * secondsPerMonth) / 1_024;
  return (
    Math.max(gb, least) * of.kinesisAdvantageGbIn.usd +
    Math.max(gb * consumers, least) * of.kinesisAdvantageGbOut.usd +
    keptGb(gb, settings) * of.kinesisAdvantageGbMonthKept.usd
  );
}

function provisioned(flow: Flow, settings: Settings, { of }: Prices): number {
  const shardHours = shardsOf("provisioned", flow) * hoursPerMonth;
  const kept = settings.streamRetentionHours > freeRetentionHours ? of.kinesisShardHourKept.usd : 0;
  const putUnits = flow.events * Math.ceil(flow.wholeKb / kbPerPutUnit);
  return shardHours * (of.kinesisShardHour.usd + kept) + millions(putUnits) * of.kinesisMillionPutUnits.usd;
}

function recordGb({ events, wholeKb }: Flow): number {
  return (events * wholeKb) / kbPerGb;
}

/** GB-months that lie in the stream beyond the day that is free. */
function keptGb(gb: number, { streamRetentionHours }: Settings): number {
  return (gb * (streamRetentionHours - freeRetentionHours)) / 24 / daysPerMonth;
}
