import { companyOf, mergeSeenWith } from "../../identity/index.ts";
import { parseIdentifierKey, type IdentifierKey } from "../../model/identifier.ts";
import type { IdentifierRow } from "../../storage/identityAndProfiles.ts";
import type { PipelineParts } from "../pipeline.ts";
import type { FoldedFragment } from "./fold.ts";
import { mayNeedBridge } from "./settleAlone.ts";

/**
 * Parts off the new fragments that cannot change who is who, and places them: all their identifiers are one person's
 * already, they show nothing earlier and no new company, and either imply no edge or only edges within a person who is
 * alone in the evidence component and of whom nobody said anything (then all are accepted in every order).
 */
export async function partPlain(
  touched: readonly FoldedFragment[],
  rows: ReadonlyMap<IdentifierKey, IdentifierRow>,
  parts: PipelineParts,
): Promise<{ plain: FoldedFragment[]; structural: FoldedFragment[] }> {
  const owners = new Map<FoldedFragment, number>();
  for (const fragment of touched) {
    const owner = fragment.isNew ? onlyOwner(fragment, rows, parts) : null;
    if (owner !== null) owners.set(fragment, owner);
  }
  const pairs = [...owners].filter(([{ row }]) => row.state.identifiers.length > 1);
  const alone = await parts.store.personsAlone([...new Set(pairs.map(([, owner]) => owner))]);
  const owned = Map.groupBy(await parts.store.identifiersOf([...alone]), (row) => row.person);
  for (const [person, own] of owned) if (mayNeedBridge(new Set(own.map(({ key }) => key)), parts)) alone.delete(person);
  const plain: FoldedFragment[] = [];
  const structural: FoldedFragment[] = [];
  for (const fragment of touched) {
    const owner = owners.get(fragment);
    const isPlain = owner !== undefined && (fragment.row.state.identifiers.length === 1 || alone.has(owner));
    if (isPlain) fragment.row.person = owner;
    (isPlain ? plain : structural).push(fragment);
  }
  return { plain, structural };
}

function onlyOwner(
  { row }: FoldedFragment,
  rows: ReadonlyMap<IdentifierKey, IdentifierRow>,
  { rules }: PipelineParts,
): number | null {
  const { identifiers, spans } = row.state;
  const firstAt = Math.min(...Object.values(spans).map((span) => span.firstAt));
  const owner = rows.get(identifiers[0] ?? "")?.person ?? 0;
  if (owner === 0) return null;
  const met = companyOf(row.state, rules);
  for (const key of identifiers) {
    const known = rows.get(key);
    if (known?.decision !== "ordinary" || known.person !== owner || known.firstAt > firstAt) return null;
    const company = mergeSeenWith(parseIdentifierKey(key), known.seenWith, met, rules);
    if (company.length !== known.seenWith.length) return null;
  }
  return owner;
}
