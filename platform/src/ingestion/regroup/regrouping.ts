import { setImmediate as nextTurn } from "node:timers/promises";
import type { IdentityRules } from "../../identity/index.ts";
import type { ExplicitEdge } from "../../model/evidence.ts";
import type { IdentifierKey } from "../../model/identifier.ts";
import type { KeyedHash } from "../../model/keyedHash.ts";
import { Problem } from "../../model/problem.ts";
import type { Everybody, Page } from "../../storage/everybody.ts";

export interface RegroupingParts {
  everybody: Everybody;
  hash: KeyedHash;
  /** That are to hold. */
  rules: IdentityRules;
  /** From 0 to 1. */
  onProgress?: (share: number) => void;
  /** Asked between lots: once it is true, the work ends with Problem 503 `regrouping_stopped`. */
  isStopped?: () => boolean;
}

/** Numbers of persons that are made. */
export interface Numbers {
  next: number;
}

export const pageRows = 1_000;

/** One row after another, page by page; others get their turn between pages. `onPage` hears where the next one begins. */
export async function* rowsOf<Row>(
  page: (after: number, limit: number) => Promise<Page<Row>>,
  parts: RegroupingParts,
  onPage: (next: number) => void = () => undefined,
): AsyncGenerator<Row> {
  let after = 0;
  for (;;) {
    const { rows, next } = await page(after, pageRows);
    yield* rows;
    if (next === null) return;
    after = next;
    onPage(next);
    await breathe(parts);
  }
}

/** Lets the thread hear what it is told. */
export async function breathe({ isStopped }: Pick<RegroupingParts, "isStopped">): Promise<void> {
  await nextTurn();
  if (isStopped?.() !== true) return;
  throw new Problem(503, regroupingStopped, "Nobody waits for this any more.", { retryAfterSeconds: 5 });
}

export const regroupingStopped = "regrouping_stopped";

/** So many aliases of each end tell whether an identifier has too many. */
export function mostAliases({ rules }: RegroupingParts): number {
  return rules.maxEvidenceIdentifiers + 1;
}

export function aliasCounts(aliases: readonly Pick<ExplicitEdge, "a" | "b">[]): Map<IdentifierKey, number> {
  const counts = new Map<IdentifierKey, number>();
  for (const { a, b } of aliases) for (const key of [a, b]) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}
