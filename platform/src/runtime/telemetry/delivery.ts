import { ExportResultCode, type ExportResult } from "@opentelemetry/core";
import {
  JsonMetricsSerializer,
  JsonTraceSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from "@opentelemetry/otlp-transformer";
import { AggregationTemporality, type PushMetricExporter, type ResourceMetrics } from "@opentelemetry/sdk-metrics";
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace";
import type { Exports } from "./exports.ts";
import type { Signal } from "./exportMessages.ts";
import type { OtlpEncoding } from "./settings.ts";
import type { TelemetryParts } from "./telemetry.ts";

/** Failures in between are summed up. */
const tellEveryMs = 60_000;

/** Tells at once that something is not delivered, and how much since, once a minute while that lasts. */
export function tellingLosses(
  signal: Signal,
  onTrouble: TelemetryParts["onTrouble"],
  now: () => number,
): (count: number, failure: string) => void {
  let toldAt = Number.NEGATIVE_INFINITY;
  let lost = 0;
  return (count, reason) => {
    lost += count;
    if (now() - toldAt < tellEveryMs) return;
    toldAt = now();
    onTrouble({ signal, reason, lost });
    lost = 0;
  };
}

interface Way {
  exports: Exports;
  onLost: (count: number, failure: string) => void;
}

export function spanExporter(encoding: OtlpEncoding, way: Way): SpanExporter {
  const { serializeRequest } = encoding === "http/json" ? JsonTraceSerializer : ProtobufTraceSerializer;
  return {
    export: (spans: ReadableSpan[], answer) =>
      void deliver("traces", () => serializeRequest(spans), spans.length, way).then(answer),
    shutdown: async () => undefined,
  };
}

export function metricExporter(encoding: OtlpEncoding, way: Way): PushMetricExporter {
  const { serializeRequest } = encoding === "http/json" ? JsonMetricsSerializer : ProtobufMetricsSerializer;
  return {
    export: (metrics: ResourceMetrics, answer) =>
      void deliver("metrics", () => serializeRequest(metrics), countOf(metrics), way).then(answer),
    selectAggregationTemporality: () => AggregationTemporality.CUMULATIVE,
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  };
}

function countOf({ scopeMetrics }: ResourceMetrics): number {
  return scopeMetrics.reduce((sum, { metrics }) => sum + metrics.length, 0);
}

async function deliver(
  signal: Signal,
  encode: () => Uint8Array | undefined,
  count: number,
  { exports, onLost }: Way,
): Promise<ExportResult> {
  try {
    const bytes = encode();
    if (bytes !== undefined) await exports.send(signal, bytes);
    return { code: ExportResultCode.SUCCESS };
  } catch (error) {
    const failed = error instanceof Error ? error : new Error("unknown");
    onLost(count, failed.message);
    return { code: ExportResultCode.FAILED, error: failed };
  }
}
