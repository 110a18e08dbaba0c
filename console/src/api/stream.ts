import { send } from "./client.ts";
import { ApiProblem, asProblem } from "./problem.ts";
import { type SseMessage, sseParser } from "./sse.ts";

export type StreamState = "connecting" | "open" | "reconnecting" | "closed";

export interface StreamOptions {
  /** With its query: `/api/stream?status=rejected`. */
  address: string;
  /** In order; while paused they are kept, up to `maxHeldMessages`, and come when the stream goes on. */
  onMessages: (messages: SseMessage[]) => void;
  onState: (state: StreamState, problem: ApiProblem | null) => void;
}

export interface Stream {
  /** The connection stays open while paused, so that nothing is missed. */
  pause(): void;
  resume(): void;
  /** Messages that came while paused and are still kept. */
  held(): number;
  /** Held messages that were dropped, oldest first, since the pause began. */
  dropped(): number;
  close(): void;
}

const maxHeldMessages = 5_000;
const firstRetryMs = 500;
const maxRetryMs = 15_000;
/** The platform sends a heartbeat every 10 s: a connection that is silent for longer is dead. */
const maxSilenceMs = 35_000;

/**
 * Follows a server-sent event stream over fetch, which, unlike EventSource, sends the token in a header. It connects
 * again after the last id, slower each time, until it is closed or the platform refuses it (any 4xx but 429).
 */
export function openStream({ address, onMessages, onState }: StreamOptions): Stream {
  const closing = new AbortController();
  let lastId: string | null = null;
  let isPaused = false;
  let held: SseMessage[] = [];
  let dropped = 0;
  let failures = 0;
  let asked: number | null = null;

  const deliver = (messages: SseMessage[]): void => {
    lastId = messages.at(-1)?.id ?? lastId;
    if (!isPaused) return onMessages(messages);
    held.push(...messages);
    if (held.length <= maxHeldMessages) return;
    dropped += held.length - maxHeldMessages;
    held = held.slice(-maxHeldMessages);
  };
  const connectOnce = async (): Promise<void> => {
    const attempt = new AbortController();
    const stop = (): void => attempt.abort();
    closing.signal.addEventListener("abort", stop);
    let silence = setTimeout(stop, maxSilenceMs);
    try {
      const answer = await send("get", address, {
        accept: "text/event-stream",
        signal: attempt.signal,
        ...(lastId === null ? {} : { lastEventId: lastId }),
      });
      const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
      const parser = sseParser();
      onState("open", null);
      failures = 0;
      for (;;) {
        const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
        if (done || value === undefined) return;
        clearTimeout(silence);
        silence = setTimeout(stop, maxSilenceMs);
        const messages = parser.push(value);
        asked = parser.retryMs() ?? asked;
        if (messages.length > 0) deliver(messages);
      }
    } finally {
      clearTimeout(silence);
      closing.signal.removeEventListener("abort", stop);
    }
  };
  const follow = async (): Promise<void> => {
    onState("connecting", null);
    while (!closing.signal.aborted) {
      let problem: ApiProblem | null = null;
      try {
        await connectOnce();
      } catch (error) {
        problem = asProblem(error);
      }
      if (closing.signal.aborted) return;
      if (problem !== null && problem.status >= 400 && problem.status < 500 && problem.status !== 429)
        return onState("closed", problem);
      onState("reconnecting", problem);
      await waited(Math.min(maxRetryMs, (asked ?? firstRetryMs) * 2 ** failures), closing.signal);
      failures = Math.min(failures + 1, 10);
    }
  };
  void follow();
  return {
    pause: () => {
      isPaused = true;
      dropped = 0;
    },
    resume: () => {
      isPaused = false;
      const kept = held;
      held = [];
      if (kept.length > 0) onMessages(kept);
    },
    held: () => held.length,
    dropped: () => dropped,
    close: () => closing.abort(),
  };
}

function waited(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
