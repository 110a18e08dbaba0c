import { send } from "./client.ts";
import { type ApiProblem, asProblem } from "./problem.ts";
import { type SseMessage, sseParser } from "./sse.ts";

export type StreamState = "connecting" | "open" | "reconnecting" | "closed";

export interface StreamOptions {
  /** With its query: `/api/stream?status=rejected`. */
  address: string;
  /** In order. */
  onMessages: (messages: SseMessage[]) => void;
  onState: (state: StreamState, problem: ApiProblem | null) => void;
}

const firstRetryMs = 500;
const maxRetryMs = 15_000;
const maxDoublings = 10;
/** The platform sends a heartbeat every 10 s: a connection that is silent for longer is dead. */
const maxSilenceMs = 35_000;

/**
 * Follows a server-sent event stream over fetch, which, unlike EventSource, sends the token in a header. It connects
 * again after the last id, slower each time, until it is closed or the platform refuses it (any 4xx but 429).
 */
export function openStream({ address, onMessages, onState }: StreamOptions): { close: () => void } {
  const closing = new AbortController();
  void follow(address, closing.signal, onMessages, onState);
  return { close: () => closing.abort() };
}

/** What a connection that ended leaves for the next one. */
interface Progress {
  lastId: string | null;
  /** The wait that the server last asked for. */
  retryMs: number | null;
  failures: number;
}

async function follow(
  address: string,
  closing: AbortSignal,
  push: StreamOptions["onMessages"],
  onState: StreamOptions["onState"],
): Promise<void> {
  const progress: Progress = { lastId: null, retryMs: null, failures: 0 };
  onState("connecting", null);
  while (!closing.aborted) {
    let problem: ApiProblem | null = null;
    try {
      await connectOnce(address, closing, progress, push, () => onState("open", null));
    } catch (error) {
      problem = asProblem(error);
    }
    if (closing.aborted) return;
    if (problem !== null && isFinal(problem)) return onState("closed", problem);
    onState("reconnecting", problem);
    await waited(Math.min(maxRetryMs, (progress.retryMs ?? firstRetryMs) * 2 ** progress.failures), closing);
    progress.failures = Math.min(progress.failures + 1, maxDoublings);
  }
}

function isFinal({ status }: ApiProblem): boolean {
  return status >= 400 && status < 500 && status !== 429;
}

/** Resolves when the connection ends, throws when it breaks; each notes how far it came. */
async function connectOnce(
  address: string,
  closing: AbortSignal,
  progress: Progress,
  push: StreamOptions["onMessages"],
  onOpen: () => void,
): Promise<void> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), maxSilenceMs);
  const signal = AbortSignal.any([closing, silence.signal]);
  const resume = progress.lastId === null ? {} : { lastEventId: progress.lastId };
  try {
    const answer = await send("get", address, { accept: "text/event-stream", signal, ...resume });
    if (answer.body === null) return;
    const parser = sseParser();
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    onOpen();
    progress.failures = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), maxSilenceMs);
      const messages = parser.push(value);
      progress.retryMs = parser.retryMs() ?? progress.retryMs;
      progress.lastId = messages.at(-1)?.id ?? progress.lastId;
      if (messages.length > 0) push(messages);
    }
  } finally {
    clearTimeout(timer);
  }
}

function waited(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
