import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Tracer } from "@opentelemetry/api";
import {
  defaultResource,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceNameEnvDetector,
  type Resource,
} from "@opentelemetry/resources";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { platformVersion } from "../../model/version.ts";
import type { MeterReading } from "../meterReadings.ts";
import { metricExporter, spanExporter, tellingLosses } from "./delivery.ts";
import { startExports, type Exports } from "./exports.ts";
import { meterProducer } from "./metricData.ts";
import { noTracing } from "./noTracing.ts";
import { samplerOf } from "./sampler.ts";
import type { MetricSettings, TraceSettings } from "./settings.ts";
import { maxFlushMs, type Telemetry, type TelemetryParts } from "./telemetry.ts";
import { tracing } from "./tracing.ts";

/** Whoever follows answers late on a busy machine: a stop does not wait for that. */
const maxLastFiguresMs = 250;

const scope = { name: "customer-360", version: platformVersion };

interface Parts {
  exports: Exports;
  resource: Resource;
  onTrouble: TelemetryParts["onTrouble"];
}

/** The SDK, with providers of its own: nothing is registered for the whole process, and no module is patched. */
export function openTelemetry({ settings, onTrouble }: TelemetryParts): Telemetry {
  const { traces, metrics } = settings;
  const encodings = { traces: traces?.encoding ?? null, metrics: metrics?.encoding ?? null };
  const exports = startExports({ encodings });
  const parts = { exports, resource: resourceOf(), onTrouble };
  let read = async (): Promise<MeterReading[]> => [];
  const measured = metrics === null ? null : metering(metrics, () => read(), parts);
  const traced = traces === null ? null : spans(traces, parts, measured);
  return {
    ...(traces === null || traced === null ? noTracing : tracing(traced.tracer, traces)),
    measure: (from) => {
      read = from;
    },
    lastFigures: async () => {
      const last = measured === null ? [] : await Promise.race([read().catch(() => []), sleep(maxLastFiguresMs, [])]);
      read = async () => last;
    },
    close: async () => {
      await within(maxFlushMs, Promise.allSettled([traced?.provider.shutdown(), measured?.shutdown()]));
      // What is still being sent fails by it, and with that nothing is left that would keep the process.
      await exports.close();
    },
  };
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const timer = new AbortController();
  await Promise.race([work, sleep(ms, undefined, { signal: timer.signal }).catch(() => undefined)]);
  timer.abort();
}

/** What `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` say goes before what the platform says of itself. */
function resourceOf(): Resource {
  const own = resourceFromAttributes({
    "service.name": "customer-360",
    "service.version": platformVersion,
    "service.instance.id": randomUUID(),
  });
  const detected = [resourceAttributesEnvDetector, serviceNameEnvDetector].map((detector) =>
    resourceFromAttributes(detector.detect().attributes ?? {}),
  );
  return detected.reduce((all, each) => all.merge(each), defaultResource().merge(own));
}

function spans(
  settings: TraceSettings,
  { exports, resource, onTrouble }: Parts,
  measured: MeterProvider | null,
): { provider: TracerProvider; tracer: Tracer } {
  const way = { exports, onLost: tellingLosses("traces", onTrouble, Date.now) };
  const processor = new BatchSpanProcessor({
    exporter: spanExporter(settings.encoding, way),
    scheduledDelayMillis: settings.scheduledDelayMs,
    exportTimeoutMillis: settings.exportTimeoutMs,
    maxQueueSize: settings.maxQueuedSpans,
    maxExportBatchSize: settings.maxExportedSpans,
    // How many spans were left out because the queue was full is a metric too.
    ...(measured === null ? {} : { selfObsMeterProvider: measured }),
  });
  const provider = new TracerProvider({ resource, sampler: samplerOf(settings), spanProcessors: [processor] });
  return { provider, tracer: provider.getTracer(scope.name, scope.version) };
}

function metering(
  settings: MetricSettings,
  read: () => Promise<MeterReading[]>,
  { exports, resource, onTrouble }: Parts,
): MeterProvider {
  const way = { exports, onLost: tellingLosses("metrics", onTrouble, Date.now) };
  const startedAt = Math.round(performance.timeOrigin);
  const reader = new PeriodicExportingMetricReader({
    exporter: metricExporter(settings.encoding, way),
    exportIntervalMillis: settings.intervalMs,
    exportTimeoutMillis: settings.timeoutMs,
    metricProducers: [meterProducer(read, { scope, startedAt, now: Date.now })],
  });
  return new MeterProvider({ resource, readers: [reader] });
}
