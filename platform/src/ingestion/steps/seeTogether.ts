import { companyOf, decide, mergeSeenWith, type IdentityRules } from "../../identity/index.ts";
import type { FragmentState } from "../../model/fragment.ts";
import { parseIdentifierKey, type IdentifierKey } from "../../model/identifier.ts";
import type { IdentifierRow } from "../../storage/identityAndProfiles.ts";

/** Rows of a fragment's identifiers with it seen, added to `rows`; those that are neither there nor in `before` are new. */
export function seeTogether(
  rows: Map<IdentifierKey, IdentifierRow>,
  before: ReadonlyMap<IdentifierKey, IdentifierRow>,
  fragment: Pick<FragmentState, "identifiers" | "spans" | "logouts">,
  rules: IdentityRules,
): void {
  const { identifiers, spans } = fragment;
  const company = companyOf(fragment, rules);
  const firstAt = Math.min(...Object.values(spans).map((span) => span.firstAt));
  for (const key of identifiers) {
    const stored = before.get(key);
    const row =
      rows.get(key) ??
      (stored === undefined ? { key, person: 0, decision: "ordinary" as const, seenWith: [], firstAt } : { ...stored });
    row.firstAt = Math.min(row.firstAt, firstAt);
    seeWith(row, company, rules);
    rows.set(key, row);
  }
}

/** Blocked, hub and shared are final: what was seen with such an identifier no longer matters. */
export function seeWith(row: IdentifierRow, company: readonly IdentifierKey[], rules: IdentityRules): void {
  if (row.decision !== "ordinary") return;
  row.seenWith = mergeSeenWith(parseIdentifierKey(row.key), row.seenWith, company, rules);
  row.decision = decide(parseIdentifierKey(row.key), row.seenWith, rules);
  if (row.decision !== "ordinary") row.seenWith = [];
}
