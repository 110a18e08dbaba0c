import { useSyncExternalStore } from "react";

/** A query that is being written, kept in this browser. */
export interface Draft {
  id: string;
  sql: string;
  /** UTC ms. */
  changedAt: number;
}

const storageKey = "c360.query.drafts";
/** The oldest go when there are more. */
export const maxDrafts = 50;
const maxSqlChars = 100_000;
const maxNameChars = 60;

/** What is stored, as far as it is drafts: anyone may have written there. Newest first. */
export function parseDrafts(stored: string | null): Draft[] {
  let value: unknown;
  try {
    value = JSON.parse(stored ?? "[]");
  } catch {
    return [];
  }
  if (!Array.isArray(value)) return [];
  return value.filter(isDraft).sort((a, b) => b.changedAt - a.changedAt);
}

function isDraft(value: unknown): value is Draft {
  if (typeof value !== "object" || value === null) return false;
  const { id, sql, changedAt } = value as Record<string, unknown>;
  return typeof id === "string" && typeof sql === "string" && typeof changedAt === "number";
}

/** With the draft first, in place of its older self; at most {@link maxDrafts}. */
export function withDraft(drafts: readonly Draft[], draft: Draft): Draft[] {
  const kept = { ...draft, sql: draft.sql.slice(0, maxSqlChars) };
  return [kept, ...drafts.filter(({ id }) => id !== draft.id)].slice(0, maxDrafts);
}

/** What a draft is called: its first words that are no comment. */
export function draftName({ sql }: Pick<Draft, "sql">): string {
  const text = sql
    .replaceAll(/--[^\n]*|\/\*[^]*?\*\//g, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
  return text.length > maxNameChars ? `${text.slice(0, maxNameChars - 1)}…` : text;
}

let drafts: readonly Draft[] = read();
const listeners = new Set<() => void>();

function read(): Draft[] {
  try {
    return parseDrafts(localStorage.getItem(storageKey));
  } catch {
    return [];
  }
}

function change(next: readonly Draft[]): void {
  drafts = next;
  try {
    localStorage.setItem(storageKey, JSON.stringify(next));
  } catch {
    // Full or forbidden: drafts last as long as the tab.
  }
  for (const listener of listeners) listener();
}

export function saveDraft(draft: Draft): void {
  // Another tab may have written since.
  change(withDraft(read(), draft));
}

export function deleteDraft(id: string): void {
  change(read().filter((draft) => draft.id !== id));
}

export function knownDrafts(): readonly Draft[] {
  return drafts;
}

export function useDrafts(): readonly Draft[] {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, knownDrafts);
}

/** Short enough for an address; `random` gives bytes. */
export function newDraftId(random: Uint8Array = crypto.getRandomValues(new Uint8Array(6))): string {
  return Array.from(random, (byte) => byte.toString(36).padStart(2, "0")).join("");
}
