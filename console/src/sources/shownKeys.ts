import { useSyncExternalStore } from "react";
import { currentSession, onSession } from "../session/session.ts";

/** Keys that were made in this tab, until it is closed or signed out: in memory only, never in storage or history. */
let keys: ReadonlyMap<string, string> = new Map();
const listeners = new Set<() => void>();

function change(next: ReadonlyMap<string, string>): void {
  keys = next;
  for (const listener of listeners) listener();
}

export function rememberKey(source: string, writeKey: string): void {
  change(new Map(keys).set(source, writeKey));
}

export function forgetKey(source: string): void {
  change(new Map([...keys].filter(([id]) => id !== source)));
}

onSession(() => {
  if (currentSession().token === null) change(new Map());
});

/** The write key of a source, if it was made in this tab. */
export function useShownKey(source: string): string | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => keys.get(source) ?? null,
  );
}
