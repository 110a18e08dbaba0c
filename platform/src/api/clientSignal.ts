import type { ServerResponse } from "node:http";

/**
 * Aborts when the client goes away before it has its answer. The request's own `close` does not tell: it comes as soon
 * as the body was read.
 */
export function clientSignal(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  if (response.destroyed || response.socket?.destroyed === true) gone.abort();
  response.once("close", () => {
    if (!response.writableFinished) gone.abort();
  });
  return gone.signal;
}
