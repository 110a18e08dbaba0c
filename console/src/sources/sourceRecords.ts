import { useEffect, useState } from "react";
import type { SseMessage } from "../api/sse.ts";
import { openStream } from "../api/stream.ts";

/** The newest thing that a source sent, as the live stream tells it. */
export interface SourceRecord {
  status: string;
  what: string;
  /** Of a refused one. */
  reason: string | null;
}

/** What the last `record` among the messages says; null where there is none that can be read. */
export function newestRecord(messages: readonly SseMessage[]): SourceRecord | null {
  for (const { event, data } of messages.toReversed()) {
    const record = event === "record" ? recordOf(data) : null;
    if (record !== null) return record;
  }
  return null;
}

function recordOf(data: string): SourceRecord | null {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null) return null;
  const { status, type, event, reason } = value as Record<string, unknown>;
  if (typeof status !== "string") return null;
  const what = [event, type].find((name) => typeof name === "string" && name !== "");
  return {
    status,
    what: typeof what === "string" ? what : status,
    reason: typeof reason === "string" ? reason : null,
  };
}

/** Follows what one source sends while the page is open; null until something comes. */
export function useNewestRecord(source: string): SourceRecord | null {
  const [newest, setNewest] = useState<SourceRecord | null>(null);
  useEffect(() => {
    const stream = openStream({
      address: `/api/stream?source=${encodeURIComponent(source)}`,
      onMessages: (messages) => setNewest((before) => newestRecord(messages) ?? before),
      // The page asks for events from time to time too: without the stream it is later, not worse.
      onState: () => undefined,
    });
    return () => stream.close();
  }, [source]);
  return newest;
}
