import { AsyncLocalStorage } from "node:async_hooks";
import type { IncomingMessage, ServerResponse } from "node:http";
import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  defaultTextMapGetter,
  trace,
  type Context,
  type Span,
  type SpanContext,
  type SpanOptions,
  type Tracer,
} from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { errorCode, type Spans, type Work } from "./telemetry.ts";
import { Way } from "./way.ts";

const methods = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"]);

/** The spans of a platform. `continuesCallers`: a caller's trace is gone on with. */
export function tracing(tracer: Tracer, { continuesCallers }: { continuesCallers: boolean }): Spans {
  const active = new AsyncLocalStorage<Context>();
  const requests = new WeakMap<IncomingMessage, { span: Span; method: string }>();
  const way = new Way();
  const routed = (request: IncomingMessage, route: string, requestId: string | null): void => {
    const known = requests.get(request);
    known?.span.updateName(`${known.method} ${route}`).setAttribute("http.route", route);
    if (requestId !== null) known?.span.setAttribute("c360.request_id", requestId);
  };
  return {
    handling: (request, response, route, handle) => {
      const method = methods.has(request.method ?? "") ? (request.method ?? "") : "_OTHER";
      const parent = continuesCallers ? callerOf(request) : ROOT_CONTEXT;
      const span = tracer.startSpan(method === "_OTHER" ? "HTTP" : method, serverSpan(request, method), parent);
      if (!span.isRecording()) return active.run(trace.setSpan(parent, span), handle);
      requests.set(request, { span, method });
      if (route !== null) routed(request, route, null);
      response.once("close", () => endRequest(span, response));
      return active.run(trace.setSpan(parent, span), handle);
    },
    routed,
    appending: async (records, append) => {
      const span = tracer.startSpan("log append", attributes({ "c360.records": records }), active.getStore());
      if (!span.isRecording()) return append();
      way.append(span.spanContext());
      return appendIn(span, append, way);
    },
    committing: (bytes) => {
      const { parent, links } = causedBy(way.commit());
      return workOf(tracer.startSpan("log commit", { ...attributes({ "c360.log.bytes": bytes }), links }, parent));
    },
    decided: ({ position, records, outcome, feedVersion, startedAt, endedAt }) => {
      const { parent, links } = causedBy(way.decide(position));
      const { processed, duplicates, rejected, joined } = outcome;
      const told = {
        "c360.records": records,
        "c360.processed": processed,
        "c360.duplicates": duplicates,
        "c360.rejected": rejected,
        "c360.joined": joined,
      };
      const span = tracer.startSpan("ingestion batch", { ...attributes(told), links, startTime: startedAt }, parent);
      const cause = span.isRecording() ? span.spanContext() : null;
      span.end(endedAt);
      way.batch({ feedVersion: feedVersion(), startedAt: endedAt, records, cause });
    },
    followed: (follower, version) => {
      const followed = way.follow(follower, version);
      if (followed === null) return;
      const { parent, links } = causedBy(followed.causes);
      const told = attributes({ "c360.records": followed.records });
      tracer.startSpan(`follow ${follower}`, { ...told, links, startTime: followed.startedAt }, parent).end();
    },
    begin: (name, told = {}) => workOf(tracer.startSpan(name, attributes(told), active.getStore())),
  };
}

/** Of what a caller names only the trace goes on: its `tracestate` could say anything. */
function callerOf(request: IncomingMessage): Context {
  const extracted = new W3CTraceContextPropagator().extract(ROOT_CONTEXT, request.headers, defaultTextMapGetter);
  const caller = trace.getSpanContext(extracted);
  if (caller === undefined) return ROOT_CONTEXT;
  const { traceId, spanId, traceFlags } = caller;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}

/** Neither the address nor who calls: both may name people. */
function serverSpan(request: IncomingMessage, method: string): SpanOptions {
  return {
    kind: SpanKind.SERVER,
    ...attributes({
      "http.request.method": method,
      "url.scheme": "http",
      "network.protocol.name": "http",
      "network.protocol.version": request.httpVersion,
    }),
  };
}

function endRequest(span: Span, response: ServerResponse): void {
  if (!response.headersSent) {
    fail(span, "client_gone");
  } else {
    span.setAttribute("http.response.status_code", response.statusCode);
    if (response.statusCode >= 500) fail(span, String(response.statusCode));
  }
  span.end();
}

async function appendIn(span: Span, append: Parameters<Spans["appending"]>[1], way: Way) {
  try {
    const positions = await append();
    const last = positions.at(-1);
    if (last !== undefined) way.durable(last + 1, span.spanContext());
    return positions;
  } catch (error) {
    fail(span, errorCode(error));
    throw error;
  } finally {
    span.end();
  }
}

/** The first cause is the parent, so that an event's whole way is one trace; the others are links. */
function causedBy(causes: readonly SpanContext[]): { parent: Context; links: { context: SpanContext }[] } {
  const [first, ...others] = causes;
  const parent = first === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, first);
  return { parent, links: others.map((context) => ({ context })) };
}

function workOf(span: Span): Work {
  return {
    end: ({ told = {}, error }) => {
      span.setAttributes(told);
      if (error !== null) fail(span, error);
      span.end();
    },
  };
}

function fail(span: Span, code: string): void {
  span.setAttribute("error.type", code).setStatus({ code: SpanStatusCode.ERROR });
}

function attributes(told: Record<string, string | number | boolean>): SpanOptions {
  return { attributes: told };
}
