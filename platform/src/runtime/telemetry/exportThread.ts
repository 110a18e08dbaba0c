import { parentPort, workerData } from "node:worker_threads";
import { ExportResultCode } from "@opentelemetry/core";
import { OTLPExporterError } from "@opentelemetry/otlp-exporter-base";
import { convertLegacyHttpOptions, createOtlpHttpExportDelegate } from "@opentelemetry/otlp-exporter-base/node-http";
import type { ISerializer } from "@opentelemetry/otlp-transformer";
import type { ExportThreadData, FromExports, Signal, ToExports } from "./exportMessages.ts";
import type { OtlpEncoding } from "./settings.ts";

/**
 * The worker that speaks with the collector: endpoints, headers, certificates, compression, timeouts and retries are the
 * exporter's, read from the environment. It can be ended at any moment, whatever a collector keeps it waiting for.
 */
const port = parentPort;
if (port === null) throw new Error("this file is a worker thread");
const say = (message: FromExports): void => port.postMessage(message);
const { encodings } = workerData as ExportThreadData;

const contentTypes: Record<OtlpEncoding, string> = {
  "http/protobuf": "application/x-protobuf",
  "http/json": "application/json",
};

/** It is encoded already. */
const asItIs: ISerializer<Uint8Array, unknown> = {
  serializeRequest: (bytes) => bytes,
  deserializeResponse: () => ({}),
};

type Exporter = ReturnType<typeof createOtlpHttpExportDelegate<Uint8Array, unknown>>;

function exporterOf(signal: Signal, encoding: OtlpEncoding | null): Exporter | null {
  if (encoding === null) return null;
  const headers = { "Content-Type": contentTypes[encoding] };
  const options = convertLegacyHttpOptions({}, signal.toUpperCase(), `v1/${signal}`, headers);
  const name = signal === "traces" ? "span" : "metric_data_point";
  return createOtlpHttpExportDelegate(options, asItIs, "otlp_http_exporter", { name, countItems: () => 1 }, undefined);
}

const exporters: Record<Signal, Exporter | null> = {
  traces: exporterOf("traces", encodings.traces),
  metrics: exporterOf("metrics", encodings.metrics),
};

port.on("message", ({ id, signal, bytes }: ToExports) => {
  exporters[signal]?.export(bytes, ({ code, error }) => {
    const failure = code === ExportResultCode.SUCCESS ? null : reasonOf(error);
    say({ id, failure });
  });
});

/** Answers of a collector may say anything: of them only the status is told. */
function reasonOf(error: Error | undefined): string {
  if (error instanceof OTLPExporterError) {
    return error.code === undefined ? "the collector is overloaded" : `the collector answers ${error.code}`;
  }
  if (error !== undefined && "code" in error && typeof error.code === "string") return error.code;
  if (error?.message === "Request timed out") return "the collector does not answer";
  return error?.name ?? "unknown";
}
