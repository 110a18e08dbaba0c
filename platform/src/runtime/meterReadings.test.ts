import { collectDefaultMetrics, Registry } from "prom-client";
import { expect, it } from "vitest";
import { readingsOf } from "./meterReadings.ts";

it("counts nothing twice: no point is the sum of others of its metric", async () => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const readings = readingsOf(await registry.getMetricsAsJSON(), new Map());
  expect(readings.length).toBeGreaterThan(15);
  for (const { name, points } of readings) {
    const keys = new Set(points.map(({ attributes }) => Object.keys(attributes).toSorted().join(" ")));
    expect({ name, kindsOfPoints: keys.size }).toEqual({ name, kindsOfPoints: Math.min(1, points.length) });
  }
});
