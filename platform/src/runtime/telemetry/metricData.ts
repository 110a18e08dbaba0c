import { ValueType, type HrTime } from "@opentelemetry/api";
import { millisToHrTime } from "@opentelemetry/core";
import { emptyResource } from "@opentelemetry/resources";
import {
  AggregationTemporality,
  DataPointType,
  type DataPoint,
  type Histogram,
  type MetricData,
  type MetricProducer,
} from "@opentelemetry/sdk-metrics";
import type { MeterReading } from "../meterReadings.ts";

type Times = { startTime: HrTime; endTime: HrTime };

/** The readings as what a metric reader exports: totals since `startedAt` (UTC ms), and what holds now. */
export function meterProducer(
  read: () => Promise<readonly MeterReading[]>,
  { scope, startedAt, now }: { scope: { name: string; version: string }; startedAt: number; now: () => number },
): MetricProducer {
  const startTime = millisToHrTime(startedAt);
  return {
    collect: async () => {
      const readings = await read();
      const times = { startTime, endTime: millisToHrTime(now()) };
      const metrics = readings.map((reading) => metricOf(reading, times)).filter(hasPoints);
      return { resourceMetrics: { resource: emptyResource(), scopeMetrics: [{ scope, metrics }] }, errors: [] };
    },
  };
}

function hasPoints({ dataPoints }: MetricData): boolean {
  return dataPoints.length > 0;
}

function metricOf(reading: MeterReading, times: Times): MetricData {
  const { name, unit, description } = reading;
  const told = {
    descriptor: { name, unit, description, valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  if (reading.kind === "histogram") {
    const dataPoints = reading.points.map((point) => ({ ...times, ...histogramOf(point) }));
    return { ...told, dataPointType: DataPointType.HISTOGRAM, dataPoints };
  }
  const dataPoints = reading.points
    // What is not known has no point.
    .filter(({ value }) => Number.isFinite(value))
    .map(({ value, attributes }) => ({ ...times, value, attributes }));
  if (reading.kind === "gauge") return { ...told, dataPointType: DataPointType.GAUGE, dataPoints };
  return { ...told, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints };
}

type HistogramPoint = Extract<MeterReading, { kind: "histogram" }>["points"][number];

function histogramOf({
  attributes,
  bounds,
  counts,
  sum,
}: HistogramPoint): Pick<DataPoint<Histogram>, "attributes" | "value"> {
  const count = counts.reduce((all, each) => all + each, 0);
  return { attributes, value: { buckets: { boundaries: [...bounds], counts: [...counts] }, sum, count } };
}
