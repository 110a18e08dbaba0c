import { useSyncExternalStore } from "react";

/** A document that is being written, kept in this browser. */
export interface Draft {
  /** The version that it began from. */
  basedOn: number;
  /** JSON, which may be broken while it is typed. */
  text: string;
}

/** Anyone may have written there. */
export function parseDraft(stored: string | null): Draft | null {
  try {
    const value: unknown = JSON.parse(stored ?? "null");
    if (typeof value !== "object" || value === null) return null;
    const { basedOn, text } = value as Record<string, unknown>;
    return typeof basedOn === "number" && typeof text === "string" ? { basedOn, text } : null;
  } catch {
    return null;
  }
}

/** By where they are stored, as far as they were asked for: a browser that keeps nothing has them while it is open. */
const drafts = new Map<string, Draft | null>();
const listeners = new Set<() => void>();

/** `place`: `c360.rules.draft`. Null: nothing is being written. */
function draftAt(place: string): Draft | null {
  const known = drafts.get(place);
  if (known !== undefined) return known;
  const read = stored(place);
  drafts.set(place, read);
  return read;
}

function stored(place: string): Draft | null {
  try {
    return parseDraft(localStorage.getItem(place));
  } catch {
    return null;
  }
}

export function keepDraft(place: string, next: Draft | null): void {
  drafts.set(place, next);
  try {
    if (next === null) localStorage.removeItem(place);
    else localStorage.setItem(place, JSON.stringify(next));
  } catch {
    // It is kept while the page is open.
  }
  for (const listener of listeners) listener();
}

export function useKeptDraft(place: string): Draft | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => draftAt(place),
  );
}
