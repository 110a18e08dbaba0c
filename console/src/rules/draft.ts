import { useSyncExternalStore } from "react";

/** Rules that are being written, kept in this browser. Null: nothing is. */
export interface Draft {
  /** The version that it began from. */
  basedOn: number;
  /** JSON, which may be broken while it is typed. */
  text: string;
}

const storageKey = "c360.rules.draft";

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

let draft: Draft | null = read();
const listeners = new Set<() => void>();

function read(): Draft | null {
  try {
    return parseDraft(localStorage.getItem(storageKey));
  } catch {
    return null;
  }
}

export function keepDraft(next: Draft | null): void {
  draft = next;
  try {
    if (next === null) localStorage.removeItem(storageKey);
    else localStorage.setItem(storageKey, JSON.stringify(next));
  } catch {
    // A browser that keeps nothing still holds it while the page is open.
  }
  for (const listener of listeners) listener();
}

export function useKeptDraft(): Draft | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => draft,
  );
}
