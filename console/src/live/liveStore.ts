import type { StreamState } from "../api/stream.ts";
import { type ApiProblem, refusalOf } from "../api/problem.ts";
import type { SseMessage } from "../api/sse.ts";
import { type LiveFilters, rowMatches } from "./filters.ts";
import { type Rates, readMessage, type Skipped } from "./messages.ts";
import { withRates } from "./rateText.ts";
import { filteredRows, noRows, released, type RowLists, withJoin, withRecord } from "./rows.ts";

export interface LiveView extends RowLists {
  rates: readonly Rates[];
  connection: StreamState;
  problem: ApiProblem | null;
  skipped: Skipped | null;
}

/** Everything that *Live* shows of the stream. Its size is bounded, whether or not anybody looks. */
export interface LiveStore {
  take(messages: readonly SseMessage[]): void;
  /** Once it may not be seen, what was known is forgotten. */
  connection(state: StreamState, problem: ApiProblem | null): void;
  /** While held, new rows wait above the list; rows that are there go on changing. */
  hold(isHeld: boolean): void;
  /** Shows what waits, held or not. */
  release(): void;
  /** Keeps of the rows what the filters would have let through. */
  filter(filters: LiveFilters): void;
  view(): LiveView;
  subscribe(listener: () => void): () => void;
}

const nothingKnown = { ...noRows, rates: [], skipped: null };

/** `schedule` runs its work once, soon: at the next frame of the screen. Between two, readers see one and the same view. */
export function liveStore(schedule: (work: () => void) => void): LiveStore {
  let next: LiveView = { ...nothingKnown, connection: "connecting", problem: null };
  let seen = next;
  let isHeld = false;
  let isDue = false;
  const listeners = new Set<() => void>();
  const change = (part: Partial<LiveView>): void => {
    next = { ...next, ...part };
    if (isDue) return;
    isDue = true;
    schedule(() => {
      isDue = false;
      seen = next;
      for (const listener of listeners) listener();
    });
  };
  return {
    take: (messages) => change(messages.reduce((view, message) => taken(view, message, isHeld), next)),
    connection: (connection, problem) =>
      change({ ...(refusalOf(problem) === null ? {} : nothingKnown), connection, problem }),
    hold: (held) => {
      isHeld = held;
      if (!held && next.waitingCount > 0) change(released(next));
    },
    release: () => change(released(next)),
    filter: (filters) => change({ ...filteredRows(next, (row) => rowMatches(filters, row)), skipped: null }),
    view: () => seen,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function taken(view: LiveView, raw: SseMessage, isHeld: boolean): LiveView {
  const message = readMessage(raw);
  if (message === null) return view;
  switch (message.is) {
    case "record":
      return { ...view, ...withRecord(view, message.record, isHeld) };
    case "joined":
      return { ...view, ...withJoin(view, message.join, isHeld) };
    case "rates":
      return { ...view, rates: withRates(view.rates, [message.rates]) };
    case "history":
      return { ...view, rates: withRates([], message.items) };
    case "skipped":
      return { ...view, skipped: message.skipped };
  }
}
