const samplers = [
  "always_on",
  "always_off",
  "traceidratio",
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio",
] as const;
export type SamplerName = (typeof samplers)[number];

export type OtlpEncoding = "http/protobuf" | "http/json";

export interface TraceSettings {
  encoding: OtlpEncoding;
  sampler: SamplerName;
  /** Of traces, 0 to 1; what the samplers by ratio keep. */
  ratio: number;
  /** Whether the trace of a caller (W3C `traceparent`) is gone on with. */
  continuesCallers: boolean;
  scheduledDelayMs: number;
  exportTimeoutMs: number;
  maxQueuedSpans: number;
  maxExportedSpans: number;
}

export interface MetricSettings {
  encoding: OtlpEncoding;
  intervalMs: number;
  timeoutMs: number;
}

/** What is sent to an OpenTelemetry collector; where to, the exporter reads from the same environment. */
export interface TelemetrySettings {
  /** Null: none. */
  readonly traces: TraceSettings | null;
  readonly metrics: MetricSettings | null;
  /** Variables that were not understood, each with what is done instead. No values in it: they may hold keys. */
  readonly ignored: readonly string[];
}

/** More would be held for a collector that is gone. */
const mostQueuedSpans = 65_536;
const mostMs = 86_400_000;

/**
 * Reads the variables of the OpenTelemetry specification ("Environment Variable Specification" and "OTLP Exporter").
 * Neither traces nor metrics without an endpoint for them, or an exporter that is named. As the specification wants,
 * what is not understood is told and left aside: telemetry never keeps a platform from starting.
 */
export function readTelemetrySettings(env: NodeJS.ProcessEnv): TelemetrySettings {
  const read = new Variables(env);
  if (read.text("OTEL_SDK_DISABLED")?.toLowerCase() === "true") return { traces: null, metrics: null, ignored: [] };
  const traces = tracesOf(read);
  const metrics = metricsOf(read);
  return { traces, metrics, ignored: read.ignored };
}

function tracesOf(read: Variables): TraceSettings | null {
  const encoding = encodingOf(read, "TRACES");
  if (encoding === null) return null;
  const maxQueuedSpans = read.number("OTEL_BSP_MAX_QUEUE_SIZE", 2_048, { least: 1, most: mostQueuedSpans });
  const propagators = read.text("OTEL_PROPAGATORS")?.split(",") ?? ["tracecontext"];
  const sampler = read.oneOf("OTEL_TRACES_SAMPLER", samplers, "parentbased_always_on");
  const whole = { least: 1, most: maxQueuedSpans };
  return {
    encoding,
    sampler,
    ratio: sampler.endsWith("traceidratio") ? read.number("OTEL_TRACES_SAMPLER_ARG", 1, { least: 0, most: 1 }) : 1,
    continuesCallers: propagators.some((name) => name.trim() === "tracecontext"),
    scheduledDelayMs: read.number("OTEL_BSP_SCHEDULE_DELAY", 5_000, { least: 0, most: mostMs }),
    exportTimeoutMs: read.number("OTEL_BSP_EXPORT_TIMEOUT", 30_000, { least: 1, most: mostMs }),
    maxQueuedSpans,
    maxExportedSpans: read.number("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", Math.min(512, maxQueuedSpans), whole),
  };
}

function metricsOf(read: Variables): MetricSettings | null {
  const encoding = encodingOf(read, "METRICS");
  if (encoding === null) return null;
  const intervalMs = read.number("OTEL_METRIC_EXPORT_INTERVAL", 60_000, { least: 100, most: mostMs });
  const timeoutMs = read.number("OTEL_METRIC_EXPORT_TIMEOUT", 30_000, { least: 1, most: mostMs });
  return { encoding, intervalMs, timeoutMs: Math.min(timeoutMs, intervalMs) };
}

/** Null where the signal is not sent. */
function encodingOf(read: Variables, signal: "TRACES" | "METRICS"): OtlpEncoding | null {
  const endpoints = [`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`, "OTEL_EXPORTER_OTLP_ENDPOINT"];
  const endpoint = endpoints.find((name) => read.text(name) !== null);
  const exporter = read.oneOf(`OTEL_${signal}_EXPORTER`, ["otlp", "none"], endpoint === undefined ? "none" : "otlp");
  if (exporter === "none") return null;
  if (endpoint !== undefined && !isHttpUrl(read.text(endpoint) ?? "")) {
    read.ignore(`${endpoint} is not an http:// or https:// address: ${signal.toLowerCase()} are not sent`);
    return null;
  }
  const protocol = [`OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`, "OTEL_EXPORTER_OTLP_PROTOCOL"].find(
    (name) => read.text(name) !== null,
  );
  const encoding = protocol === undefined ? "http/protobuf" : read.text(protocol);
  if (encoding === "http/protobuf" || encoding === "http/json") return encoding;
  read.ignore(
    `${protocol ?? ""} is neither http/protobuf nor http/json (gRPC is not spoken): ${signal.toLowerCase()} are not sent`,
  );
  return null;
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

class Variables {
  readonly ignored: string[] = [];
  readonly #env: NodeJS.ProcessEnv;

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  /** Null where it is not set; an empty one counts as unset. */
  text(name: string): string | null {
    const text = this.#env[name]?.trim() ?? "";
    return text === "" ? null : text;
  }

  ignore(told: string): void {
    if (!this.ignored.includes(told)) this.ignored.push(told);
  }

  oneOf<const Names extends readonly string[]>(name: string, known: Names, usual: Names[number]): Names[number] {
    const text = this.text(name);
    const found = known.find((each) => each === (text ?? usual));
    if (found !== undefined) return found;
    this.ignore(`${name} is none of ${known.join(", ")}: it is taken as ${usual}`);
    return usual;
  }

  number(name: string, usual: number, { least, most }: { least: number; most: number }): number {
    const text = this.text(name);
    if (text === null) return usual;
    const value = /^\d{1,12}(\.\d{1,12})?$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most && (most === 1 || Number.isInteger(value))) return value;
    this.ignore(`${name} is not a number from ${least} to ${most}: it is taken as ${usual}`);
    return usual;
  }
}
