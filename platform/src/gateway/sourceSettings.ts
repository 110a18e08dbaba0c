import type { IncomingMessage } from "node:http";
import type { Source } from "../model/source.ts";

/**
 * What analytics.js asks for before it sends. Without `apiHost` it would send customers' data to its maker, and without
 * `metrics` its counters.
 */
export function segmentSettings(writeKey: string, request: IncomingMessage): unknown {
  const host = request.headers.host ?? "127.0.0.1";
  const isEncrypted = "encrypted" in request.socket || request.headers["x-forwarded-proto"] === "https";
  return {
    integrations: {
      "Segment.io": {
        apiKey: writeKey,
        apiHost: `${host}/v1`,
        protocol: isEncrypted ? "https" : "http",
        unbundledIntegrations: [],
        addBundledMetadata: false,
        versionSettings: {},
      },
    },
    plan: {
      track: { __default: { enabled: true, integrations: {} } },
      identify: { __default: { enabled: true } },
      group: { __default: { enabled: true } },
    },
    edgeFunction: {},
    analyticsNextEnabled: true,
    middlewareSettings: {},
    enabledMiddleware: {},
    metrics: { sampleRate: 0 },
    legacyVideoPluginsEnabled: false,
    remotePlugins: [],
  };
}

/** What RudderStack's browser library asks for before it sends. */
export function rudderConfig(source: Source, writeKey: string): unknown {
  return {
    source: {
      id: source.id,
      name: source.name,
      writeKey,
      enabled: source.enabled,
      workspaceId: "c360",
      config: { statsCollection: { errors: { enabled: false }, metrics: { enabled: false } } },
      connections: [],
      destinations: [],
      dataplanes: {},
    },
  };
}
