import {
  compareCorrections,
  lastSaid,
  pairName,
  type Correction,
  type IdentifierPair,
} from "../../model/correction.ts";
import type { Resolution, ResolvedEdge } from "../../model/evidence.ts";
import type { IdentifierKey } from "../../model/identifier.ts";
import { Problem } from "../../model/problem.ts";
import type { IdentifierRow } from "../../storage/identityAndProfiles.ts";
import type { EvidenceAround } from "../../storage/people.ts";
import { inputAround, unknownIdentifier } from "../around.ts";
import { decisionReason } from "../decisions.ts";
import { personIndexes } from "../membership.ts";
import { resolve, type EvidenceInput } from "../resolve.ts";
import type { IdentityRules } from "../rules.ts";
import type { Planned } from "./wanted.ts";

/** What is decided around the identifiers of a request, and what would be if more were said. */
export interface Situation {
  readonly around: EvidenceAround;
  readonly rules: IdentityRules;
  readonly rows: ReadonlyMap<IdentifierKey, IdentifierRow>;
  /** The correction that holds of a pair, a withdrawal too. */
  lastOf(pair: IdentifierPair): Correction | null;
  /** If this were said now, in this order. */
  with(planned: readonly Planned[]): Resolution;
  /** What that is resolved from. */
  inputWith(planned: readonly Planned[]): EvidenceInput;
  /** UTC ms of the latest correction around; 0 without any. */
  readonly newest: number;
}

/** As it would be said: after all that was said around it, whatever the clock says, and in this order. */
export function said(
  planned: readonly Planned[],
  { by, reason, now, newest }: { by: string; reason: string; now: number; newest: number },
  newId: () => string,
): Correction[] {
  const at = Math.max(now, newest + 1);
  return planned.map(({ verdict, a, b }, index) => ({
    id: newId(),
    verdict,
    a,
    b,
    by,
    reason,
    receivedAt: at + index,
  }));
}

export function situationOf(around: EvidenceAround, rules: IdentityRules): Situation {
  const last = lastSaid(around.corrections);
  const lastOf = (pair: IdentifierPair): Correction | null => last.get(pairName(pair)) ?? null;
  const newest = around.corrections.toSorted(compareCorrections).at(-1)?.receivedAt ?? 0;
  const inputWith = (planned: readonly Planned[]): EvidenceInput => {
    let number = 0;
    return inputAround(
      around,
      said(planned, { by: "", reason: "", now: 0, newest }, () => `supposed ${number++}`),
    );
  };
  return {
    around,
    rules,
    rows: new Map(around.identifiers.map((row) => [row.key, row])),
    lastOf,
    newest,
    with: (planned) => resolve(inputWith(planned), rules),
    inputWith,
  };
}

export function areOne(resolution: Resolution, { a, b }: IdentifierPair): boolean {
  const people = personIndexes(resolution);
  return people.has(a) && people.get(a) === people.get(b);
}

/** The person of an identifier that joins people. */
export function personOf(resolution: Resolution, key: IdentifierKey): IdentifierKey[] {
  return resolution.persons.find((keys) => keys.includes(key)) ?? [];
}

/** The edge that a correction of the pair is; null for a withdrawn one. */
export function edgeOfPair({ edges }: Pick<Resolution, "edges">, { a, b }: IdentifierPair): ResolvedEdge | null {
  const isOfPair = (edge: ResolvedEdge): boolean => edge.a === a && edge.b === b;
  return edges.find((edge) => isOfPair(edge) && (edge.rule === "same" || edge.rule === "different")) ?? null;
}

/** Problem 404 for what no event has carried, 409 `identifier_joins_nobody` for placeholders, hubs, shared devices. */
export function mustJoin({ a, b }: IdentifierPair, field: string, { rows, rules }: Situation): void {
  for (const key of [a, b]) {
    const row = rows.get(key);
    if (row === undefined) throw unknownIdentifier(field);
    const reason = decisionReason(key, row.decision, rules);
    if (reason === null) continue;
    throw new Problem(409, "identifier_joins_nobody", reason, {
      hint: "Name another identifier of the person: a login, a customer number, a card.",
      field,
    });
  }
}
