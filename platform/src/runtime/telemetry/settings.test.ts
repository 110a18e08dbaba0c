import { expect, it } from "vitest";
import { readTelemetrySettings } from "./settings.ts";

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" };

it("nothing is sent without an endpoint, or where it is switched off", () => {
  const off = { traces: null, metrics: null, ignored: [] };
  expect(readTelemetrySettings({})).toEqual(off);
  expect(readTelemetrySettings({ OTEL_SERVICE_NAME: "shop", OTEL_TRACES_SAMPLER: "always_on" })).toEqual(off);
  expect(readTelemetrySettings({ ...endpoint, OTEL_SDK_DISABLED: "TRUE" })).toEqual(off);
  expect(readTelemetrySettings({ ...endpoint, OTEL_TRACES_EXPORTER: "none", OTEL_METRICS_EXPORTER: "none" })).toEqual(
    off,
  );
});

it("an endpoint of one signal is for that alone", () => {
  const { traces, metrics } = readTelemetrySettings({
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "https://collector/v1/traces",
  });
  expect(metrics).toBeNull();
  expect(traces).toMatchObject({ encoding: "http/protobuf", sampler: "parentbased_always_on", continuesCallers: true });
});

it.each([
  ["OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"],
  ["OTEL_EXPORTER_OTLP_ENDPOINT", "collector-secret"],
  ["OTEL_TRACES_SAMPLER", "jaeger_remote"],
  ["OTEL_BSP_MAX_QUEUE_SIZE", "1e9"],
  ["OTEL_METRIC_EXPORT_INTERVAL", "-1"],
])("%s that is not understood is told by name, never by value", (name, value) => {
  const { ignored } = readTelemetrySettings({ ...endpoint, [name]: value });
  expect(ignored.join(" ")).toContain(name);
  expect(ignored.join(" ")).not.toContain("secret");
});
