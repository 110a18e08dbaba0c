import type { Statement } from "../model/correction.ts";
import type { Resolution, ResolvedEdge } from "../model/evidence.ts";
import { identifierKey, type IdentifierKey } from "../model/identifier.ts";
import { normaliseIdentifier } from "../model/normalise.ts";
import { Problem } from "../model/problem.ts";
import type { EvidenceAround, People } from "../storage/people.ts";
import { correctionEdges, probableEdges } from "./corrections.ts";
import { edgesOfFragments } from "./evidence.ts";
import { resolve, type EvidenceInput } from "./resolve.ts";
import type { IdentityRules } from "./rules.ts";
import { rulesInForce } from "./rulesInForce.ts";

/** Who is who in the evidence components that were read; with `more`, if that were said too. */
export function resolveAround(
  around: EvidenceAround,
  rules: IdentityRules,
  more: readonly Statement[] = [],
): Resolution {
  return resolve(inputAround(around, more), rules);
}

/** What `resolve` takes, of the evidence components that were read; with `more`, if that were said too. */
export function inputAround(
  { identifiers, outside, fragments, edges, corrections }: EvidenceAround,
  more: readonly Statement[] = [],
): EvidenceInput {
  const seen = identifiers.map(({ key, decision }) => ({ key, decision, seen: true, outside: outside.has(key) }));
  const said = [...corrections, ...more];
  const all = [...edgesOfFragments(fragments), ...edges, ...correctionEdges(said), ...probableEdges(said)];
  return { identifiers: seen, edges: all };
}

/** The resolved edges of the keys' evidence, whatever there is of it: what is too much to read at once is read in parts. */
export async function edgesAround(
  keys: readonly IdentifierKey[],
  parts: { people: Pick<People, "evidenceAround">; rules: IdentityRules },
): Promise<ResolvedEdge[]> {
  try {
    const around = await parts.people.evidenceAround(keys);
    return resolveAround(around, rulesInForce(around.rules, parts.rules)).edges;
  } catch (error) {
    const isTooMuch = error instanceof Problem && error.code === "evidence_too_large";
    if (!isTooMuch || keys.length < 2) throw error;
    const half = Math.ceil(keys.length / 2);
    const first = await edgesAround(keys.slice(0, half), parts);
    return [...first, ...(await edgesAround(keys.slice(half), parts))];
  }
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
