import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";

/** What a handler says of itself: codes and counts, nothing of an event. */
export interface HandlerTelemetry {
  /** Something that was kept or is tried again. */
  warn(what: string, facts: Readonly<Record<string, string | number>>): void;
  count(name: string, value: number): void;
  /** At the end of an invocation. */
  flush(): void;
}

/** Log lines as JSON and metrics in them (EMF), by Powertools. */
export function lambdaTelemetry(parts: {
  service: string;
  namespace: string;
  logLevel: "DEBUG" | "INFO" | "WARN" | "ERROR";
}): HandlerTelemetry {
  const logger = new Logger({ serviceName: parts.service, logLevel: parts.logLevel });
  const metrics = new Metrics({ namespace: parts.namespace, serviceName: parts.service });
  return {
    warn: (what, facts) => logger.warn(what, facts),
    count: (name, value) => {
      if (value > 0) metrics.addMetric(name, MetricUnit.Count, value);
    },
    flush: () => {
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
    },
  };
}
