import type { Statement } from "../model/correction.ts";
import type { Resolution } from "../model/evidence.ts";
import { identifierKey, type IdentifierKey } from "../model/identifier.ts";
import { normaliseIdentifier } from "../model/normalise.ts";
import { Problem } from "../model/problem.ts";
import type { EvidenceAround } from "../storage/people.ts";
import { correctionEdges, probableEdges } from "./corrections.ts";
import { edgesOfFragments } from "./evidence.ts";
import { resolve } from "./resolve.ts";
import type { IdentityRules } from "./rules.ts";

/** Who is who in the evidence components that were read; with `more`, if that were said too. */
export function resolveAround(
  { identifiers, outside, fragments, edges, corrections }: EvidenceAround,
  rules: IdentityRules,
  more: readonly Statement[] = [],
): Resolution {
  const seen = identifiers.map(({ key, decision }) => ({ key, decision, seen: true, outside: outside.has(key) }));
  const said = [...corrections, ...more];
  const all = [...edgesOfFragments(fragments), ...edges, ...correctionEdges(said), ...probableEdges(said)];
  return resolve({ identifiers: seen, edges: all }, rules);
}

/** `type:value` as a person types it. Problem 400 `identifier_invalid`. */
export function readKey(given: string, field: string): IdentifierKey {
  const colon = given.indexOf(":");
  const identifier = colon < 1 ? null : normaliseIdentifier(given.slice(0, colon), given.slice(colon + 1));
  if (identifier === null) {
    throw new Problem(400, "identifier_invalid", `\`${field}\` is not an identifier`, {
      hint: "write it as type:value, for example email:ada@example.com",
      field,
    });
  }
  return identifierKey(identifier);
}

export function unknownIdentifier(field: string): Problem {
  return new Problem(404, "identifier_not_found", `no event has carried the identifier given as \`${field}\``, {
    field,
  });
}
