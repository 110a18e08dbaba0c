import type { MetricObjectWithValues, MetricValue } from "prom-client";

type Attributes = Record<string, string>;

/** One measure as OpenTelemetry has it: its name and unit there, and what it is now. Totals are since the start. */
export type MeterReading = NamesThere & { description: string } & (
    | { kind: "total" | "gauge"; points: { attributes: Attributes; value: number }[] }
    | {
        kind: "histogram";
        /** `counts` has one more than `bounds`: what is above the last. */
        points: { attributes: Attributes; bounds: number[]; counts: number[]; sum: number }[];
      }
  );

export interface NamesThere {
  name: string;
  /** UCUM. */
  unit: string;
}

type Known = NamesThere & { labels?: Record<string, string>; with?: Attributes };

/** What OpenTelemetry's semantic conventions call the figures of a process and of Node; null: it is the sum of others. */
const conventional: Record<string, Known | null> = {
  process_cpu_user_seconds_total: { name: "process.cpu.time", unit: "s", with: { "cpu.mode": "user" } },
  process_cpu_system_seconds_total: { name: "process.cpu.time", unit: "s", with: { "cpu.mode": "system" } },
  process_cpu_seconds_total: null,
  nodejs_active_resources_total: null,
  nodejs_active_handles_total: null,
  nodejs_active_requests_total: null,
  process_resident_memory_bytes: { name: "process.memory.usage", unit: "By" },
  process_virtual_memory_bytes: { name: "process.memory.virtual", unit: "By" },
  process_open_fds: { name: "process.unix.file_descriptor.count", unit: "{file_descriptor}" },
  nodejs_gc_duration_seconds: { name: "v8js.gc.duration", unit: "s", labels: { kind: "v8js.gc.type" } },
  nodejs_heap_space_size_used_bytes: heapSpace("v8js.memory.heap.used"),
  nodejs_heap_space_size_total_bytes: heapSpace("v8js.memory.heap.limit"),
  nodejs_heap_space_size_available_bytes: heapSpace("v8js.memory.heap.space.available_size"),
  ...Object.fromEntries(
    ["min", "max", "mean", "stddev", "p50", "p90", "p99"].map((which) => [
      `nodejs_eventloop_lag_${which}_seconds`,
      { name: `nodejs.eventloop.delay.${which}`, unit: "s" },
    ]),
  ),
};

function heapSpace(name: string): Known {
  return { name, unit: "By", labels: { space: "v8js.heap.space.name" } };
}

/** All that the registry has, by the names of OpenTelemetry: ours by `names`, Node's by its conventions or by rule. */
export function readingsOf(
  metrics: readonly MetricObjectWithValues<MetricValue<string>>[],
  names: ReadonlyMap<string, NamesThere>,
): MeterReading[] {
  const readings = new Map<string, MeterReading>();
  for (const metric of metrics) {
    const known = names.get(metric.name) ?? conventional[metric.name];
    if (known === null) continue;
    const reading = readingOf(metric, known ?? byRule(metric.name));
    const same = readings.get(reading.name);
    if (same === undefined) readings.set(reading.name, reading);
    else (same.points as unknown[]).push(...reading.points);
  }
  return [...readings.values()];
}

/** The other way round than the specification makes Prometheus' names: the unit's suffix is the unit. */
function byRule(name: string): NamesThere {
  const [, stem = name, suffix] = /^(.*?)(?:_(seconds|bytes))?(?:_total)?$/.exec(name) ?? [];
  const unit = suffix === "seconds" ? "s" : suffix === "bytes" ? "By" : "1";
  return { name: stem.replace("_", "."), unit };
}

function readingOf(metric: MetricObjectWithValues<MetricValue<string>>, known: Known): MeterReading {
  const { name, unit } = known;
  const told = { name, unit, description: metric.help };
  const attributesOf = ({ labels }: MetricValue<string>): Attributes => {
    const named = Object.entries(labels).map(([label, value]) => [known.labels?.[label] ?? label, String(value)]);
    return { ...Object.fromEntries(named), ...known.with };
  };
  // `type` is a number in the package's types, and a word in what it gives.
  const type: unknown = metric.type;
  if (type === "histogram") return { ...told, kind: "histogram", points: histograms(metric.values, attributesOf) };
  const points = metric.values.map((each) => ({ attributes: attributesOf(each), value: each.value }));
  return { ...told, kind: type === "counter" ? "total" : "gauge", points };
}

type HistogramPoints = Extract<MeterReading, { kind: "histogram" }>["points"];

/** Prometheus counts what is at most a bound; OpenTelemetry what lies between two. */
function histograms(
  values: readonly (MetricValue<string> & { metricName?: string })[],
  attributesOf: (value: MetricValue<string>) => Attributes,
): HistogramPoints {
  const points = new Map<string, HistogramPoints[number] & { below: number }>();
  for (const each of values) {
    const { le, ...attributes } = attributesOf(each);
    const key = JSON.stringify(attributes);
    const point = points.get(key) ?? { attributes, bounds: [], counts: [], sum: 0, below: 0 };
    points.set(key, point);
    if (each.metricName?.endsWith("_sum") === true) point.sum = each.value;
    if (le === undefined) continue;
    if (le !== "+Inf") point.bounds.push(Number(le));
    point.counts.push(each.value - point.below);
    point.below = each.value;
  }
  return [...points.values()].map(({ attributes, bounds, counts, sum }) => ({ attributes, bounds, counts, sum }));
}
