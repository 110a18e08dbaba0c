import type { IncomingMessage, ServerOptions, ServerResponse } from "node:http";
import { randomUUID } from "node:crypto";
import type { BufferRecord, EventBuffer } from "../buffer/eventBuffer.ts";
import { maxRecordBytes, type JsonObject, type LogRecord } from "../model/event.ts";
import type { KeyedHash } from "../model/keyedHash.ts";
import { Problem } from "../model/problem.ts";
import type { Source } from "../model/source.ts";
import type { AccessStore } from "../storage/access.ts";
import { acceptCall, typed, type AcceptOptions, type Received } from "./accept.ts";
import { allowOrigin, answerJson, answerPreflight, answerProblem } from "./answers.ts";
import { readBody } from "./body.ts";
import { recordEncoder } from "./records.ts";
import { routeOf, type Route } from "./routes.ts";
import { bodyKey, headerKey, queryKey } from "./writeKeys.ts";

/** Segment's limits at this edge; KB = 1,024 bytes, measured after decompression. */
export const maxEventBytes = 32_768;
export const maxBatchBytes = 512_000;
export const maxBatchEvents = 2_500;
/** Imports go up to what the log takes, less the room for what acceptance adds. */
const maxImportedEventBytes = maxRecordBytes - 16_384;
export const maxPendingRecords = 1_000_000;
const retryAfterSeconds = 2;

export interface GatewayParts {
  append: EventBuffer["append"];
  access: AccessStore;
  hash: KeyedHash;
  /** UTC ms. */
  now: () => number;
  newMessageId: () => string;
  /** Records that are durable and not yet decided: past `maxPendingRecords` senders are told to wait. */
  backlog: () => { pendingRecords: number };
  maxPendingRecords?: number;
}

export interface Gateway {
  /** Whether the request is for the gateway; everything else is the API's. */
  handles(request: IncomingMessage): boolean;
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** Calls from an import or a trusted script: up to 1 MiB each, guests allowed. Durable when it resolves. */
  submit(source: Source, calls: readonly JsonObject[]): Promise<Submitted>;
}

export interface Submitted {
  accepted: number;
  rejected: { index: number; code: string; message: string; field?: string }[];
}

/** For `http.createServer`: slow and endless senders are cut off by it. */
export const gatewayServerOptions: ServerOptions = {
  headersTimeout: 20_000,
  requestTimeout: 60_000,
  keepAliveTimeout: 65_000,
  maxHeaderSize: 16_384,
};

/** The Segment HTTP tracking API: authenticate, judge, append, and answer only when everything is durable. */
export function createGateway(parts: GatewayParts): Gateway {
  const encode = recordEncoder(parts.hash);
  const live: AcceptOptions = { maxEventBytes, allowGuests: false, newMessageId: parts.newMessageId };
  const imported: AcceptOptions = { ...live, maxEventBytes: maxImportedEventBytes, allowGuests: true };

  const append = async (records: readonly LogRecord[]): Promise<void> => {
    if (parts.backlog().pendingRecords > (parts.maxPendingRecords ?? maxPendingRecords)) {
      throw new Problem(429, "backlog_full", "events arrive faster than they are processed", {
        hint: "send them again after the time that Retry-After names",
        retryAfterSeconds,
      });
    }
    const encoded: BufferRecord[] = records.map(encode);
    if (encoded.length > 0) await parts.append(encoded);
  };

  const take = async (route: Route, request: IncomingMessage): Promise<unknown> => {
    const named = headerKey(request) ?? queryKey(request.url ?? "");
    // A wrong key in the header is told before the body is read.
    const early = named === null ? null : await sourceOf(parts.access, named);
    const body = await readBody(request, maxBatchBytes);
    const source = early ?? (await sourceOf(parts.access, bodyKey(body) ?? ""));
    const received: Received = { at: parts.now() };
    if (route.kind === "batch") {
      const { calls, shared } = batchOf(body);
      await append(calls.map((call) => acceptCall(call, source, { ...received, ...shared }, live)));
    } else if (route.kind === "call") {
      const record = acceptCall(typed(withoutKey(body), route.type), source, received, live);
      await append([record]);
      if (record.status === "rejected") throw refused(record.reason);
    }
    return { success: true };
  };

  const respond = async (route: Route, request: IncomingMessage): Promise<unknown> => {
    if (route.kind === "unknown") {
      throw new Problem(404, "route_not_found", "there is nothing at this address", {
        hint: "POST /v1/track, identify, page, screen, group, alias or batch",
      });
    }
    if (route.kind === "settings" || route.kind === "sourceConfig") {
      mustBe("GET", request);
      const key =
        route.kind === "settings" ? route.writeKey : (headerKey(request) ?? queryKey(request.url ?? "") ?? "");
      const source = await sourceOf(parts.access, key);
      return route.kind === "settings" ? segmentSettings(key, request) : rudderConfig(source);
    }
    mustBe("POST", request);
    return take(route, request);
  };

  return {
    handles: (request) => routeOf(request.url ?? "") !== null,
    handle: (request, response) => {
      allowOrigin(request, response);
      if (request.method === "OPTIONS") {
        answerPreflight(response);
        return;
      }
      respond(routeOf(request.url ?? "") ?? { kind: "unknown" }, request).then(
        (body) => answerJson(response, 200, body),
        (error: unknown) => answerError(request, response, error),
      );
    },
    submit: async (source, calls) => {
      if (!source.enabled) throw disabled();
      const at = parts.now();
      const records = calls.map((call) => acceptCall(call, source, { at }, imported));
      await append(records);
      const rejected = records.flatMap((record, index) =>
        record.status === "rejected" ? [{ index, ...record.reason }] : [],
      );
      return { accepted: records.length - rejected.length, rejected };
    },
  };
}

function answerError(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  const requestId = randomUUID();
  // The client went away while it was sending: there is nobody to answer.
  if (request.destroyed && !request.complete) {
    response.destroy();
    return;
  }
  const problem =
    error instanceof Problem
      ? error
      : new Problem(500, "internal", "something went wrong here; the event was not taken", { hint: "send it again" });
  // What is left of a body that nobody reads any more must not hold the connection.
  if (!request.complete) response.setHeader("connection", "close");
  answerProblem(response, problem, requestId);
  if (!request.complete) request.resume();
}

async function sourceOf(access: AccessStore, writeKey: string): Promise<Source> {
  const source = writeKey === "" ? null : await access.sourceOfWriteKey(writeKey);
  if (source === null) {
    throw new Problem(401, "write_key_unknown", "the write key is missing or unknown", {
      hint: "send it as the user name of Basic authorisation, or as `writeKey` in the body",
    });
  }
  if (!source.enabled) throw disabled();
  return source;
}

function disabled(): Problem {
  return new Problem(404, "source_disabled", "this source is disabled", {
    hint: "enable it with: c360 sources enable ID",
  });
}

function mustBe(method: "GET" | "POST", request: IncomingMessage): void {
  if (request.method !== method) throw new Problem(405, "method_not_allowed", `this address takes ${method}`);
}

function refused(reason: { code: string; message: string; field?: string }): Problem {
  return new Problem(400, reason.code, reason.message, {
    hint: "mend the call and send it again",
    ...(reason.field === undefined ? {} : { field: reason.field }),
  });
}

/** The key is not part of the event, and would lie in the log for as long as it is kept. */
function withoutKey(body: unknown): unknown {
  if (typeof body !== "object" || body === null || !Object.hasOwn(body, "writeKey")) return body;
  const { writeKey: _, ...rest } = body as JsonObject;
  return rest;
}

function batchOf(body: unknown): { calls: unknown[]; shared: Omit<Received, "at"> } {
  const batch =
    typeof body === "object" && body !== null && !Array.isArray(body) ? (body as JsonObject)["batch"] : undefined;
  if (!Array.isArray(batch)) {
    throw new Problem(400, "batch_missing", 'a batch is {"batch": [calls]}', { field: "batch" });
  }
  if (batch.length > maxBatchEvents) {
    throw new Problem(400, "batch_too_long", `a batch holds at most ${maxBatchEvents} events`, {
      field: "batch",
      hint: "send smaller batches",
    });
  }
  const { sentAt, context, integrations } = body as JsonObject;
  return { calls: batch.map(withoutKey), shared: { sentAt, context, integrations } };
}

/** Without these analytics.js would send customers' data or its counters to its maker. */
function segmentSettings(writeKey: string, request: IncomingMessage): unknown {
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

function rudderConfig(source: Source): unknown {
  return {
    source: {
      id: source.id,
      name: source.name,
      enabled: source.enabled,
      config: { statsCollection: { errors: { enabled: false }, metrics: { enabled: false } } },
      connections: [],
      destinations: [],
      dataplanes: {},
    },
  };
}
