import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { SseMessage } from "../api/sse.ts";
import { openStream, type StreamState } from "../api/stream.ts";
import { refreshCustomer } from "./customerQueries.ts";
import { followHead, type ToldEvent } from "./followHead.ts";

/** The other panels are asked for again at most so often. */
const refreshMs = 1_000;
/** Where the live stream cannot be had, all is asked for so often. */
const pollMs = 5_000;

/** Shows what comes while a customer is looked at: new events in the timeline, and what they change everywhere. */
export function useLiveCustomer(id: string, source: string | null): StreamState {
  const queries = useQueryClient();
  const [state, setState] = useState<StreamState>("connecting");
  useEffect(() => followCustomer(queries, { id, source, onState: setState }), [queries, id, source]);
  return state;
}

interface Following {
  id: string;
  source: string | null;
  onState: (state: StreamState) => void;
}

function followCustomer(queries: QueryClient, { id, source, onState }: Following): () => void {
  const head = followHead(queries, id, source);
  let isOpen = false;
  let timer: ReturnType<typeof setTimeout> | null = null;
  const refreshLater = (): void => {
    timer ??= setTimeout(() => {
      timer = null;
      void refreshCustomer(queries, id);
    }, refreshMs);
  };
  const poll = setInterval(() => {
    if (isOpen) return;
    head.look();
    refreshLater();
  }, pollMs);
  const stream = openStream({
    address: `/api/stream?profileId=${encodeURIComponent(id)}&status=processed,joined`,
    onMessages: (messages) => {
      const told = messages.flatMap(decidedIn);
      if (told.length > 0) head.want(told);
      const isChanged = messages.some(({ event }) => event === "joined" || event === "skipped");
      if (isChanged) head.look();
      if (told.length > 0 || isChanged) refreshLater();
    },
    onState: (next) => {
      isOpen = next === "open";
      // Between the first answer and the connection something may have come.
      if (isOpen) head.look();
      onState(next);
    },
  });
  return () => {
    stream.close();
    head.stop();
    clearInterval(poll);
    if (timer !== null) clearTimeout(timer);
  };
}

/** The processed record that a message tells, if it is one. */
function decidedIn({ event, data }: SseMessage): ToldEvent[] {
  if (event !== "record") return [];
  try {
    const told = JSON.parse(data) as Record<string, unknown>;
    const { status, source, messageId, occurredAt } = told;
    if (status !== "processed" || typeof source !== "string" || typeof messageId !== "string") return [];
    return [{ source, messageId, occurredAt: String(occurredAt) }];
  } catch {
    return [];
  }
}
