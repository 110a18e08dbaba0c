import type { Spans, Work } from "./telemetry.ts";

const nothing: Work = { end: () => undefined };

/** Where only metrics are sent. */
export const noTracing: Spans = {
  handling: (_request, _response, _route, handle) => handle(),
  routed: () => undefined,
  appending: (_records, append) => append(),
  committing: () => nothing,
  decided: () => undefined,
  followed: () => undefined,
  begin: () => nothing,
};
