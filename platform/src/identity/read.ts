import type { NodeDecision, ResolvedEdge } from "../model/evidence.ts";
import type { IdentifierKey } from "../model/identifier.ts";
import { profileIdOf, type KeyedHash } from "../model/keyedHash.ts";
import type { ProfileId } from "../model/profile.ts";
import type { Tenancy } from "../model/tenancy.ts";
import type { People } from "../storage/people.ts";
import { decisionReason } from "./decisions.ts";
import { readKey, resolveAround, unknownIdentifier } from "./around.ts";
import type { IdentityRules } from "./rules.ts";
import { rulesInForce } from "./rulesInForce.ts";
import { why } from "./why.ts";

export interface PersonIdentity {
  identifiers: { key: IdentifierKey; decision: NodeDecision; reason: string | null }[];
  edges: ResolvedEdge[];
  /** Who had the shared devices of this person, and when. By device, at most {@link maxDevicesTold}. */
  tenancies: DeviceTenancies[];
  /** How many more shared devices there are. */
  devicesLeftOut: number;
}

export const maxDevicesTold = 20;
/** Of one device, the latest. */
export const maxSpansTold = 100;

export interface DeviceTenancies {
  device: IdentifierKey;
  /** In order, each up to the next; at most {@link maxSpansTold}. */
  tenancies: readonly Tenancy[];
  /** How many earlier ones there are. */
  leftOut: number;
}

export interface WhyTwo {
  a: IdentifierKey;
  b: IdentifierKey;
  samePerson: boolean;
  profileIds: [ProfileId | null, ProfileId | null];
  path: ResolvedEdge[];
  refused: ResolvedEdge[];
  explanation: string;
}

export interface IdentityReads {
  /** The identifiers and all the evidence of one person, refused evidence included; null for an unknown id. */
  of(id: ProfileId): Promise<PersonIdentity | null>;
  /** Why two identifiers, `type:value` as a person types them, are one person, or apart. Problem 400 and 404. */
  why(a: string, b: string): Promise<WhyTwo>;
}

function deviceTenancies([device, tenancies]: [IdentifierKey, readonly Tenancy[]]): DeviceTenancies {
  const told = tenancies.slice(-maxSpansTold);
  return { device, tenancies: told, leftOut: tenancies.length - told.length };
}

/**
 * Explanations are computed from the evidence when they are asked for, by the function and the rules that decided;
 * `rules` are those that hold until others are published.
 */
export function identityReads(parts: { people: People; hash: KeyedHash; rules: IdentityRules }): IdentityReads {
  const { people, hash } = parts;
  const livingId = async (key: IdentifierKey): Promise<ProfileId | null> =>
    (await people.byProfileId(profileIdOf(hash, key)))?.profileId ?? null;
  return {
    of: async (id) => {
      const person = await people.byProfileId(id);
      if (person === null) return null;
      const own = new Set(person.identifiers.map((row) => row.key));
      const carried = new Set([...own, ...person.fragments.flatMap((fragment) => fragment.identifiers)]);
      const around = await people.evidenceAround([...own]);
      const rules = rulesInForce(around.rules, parts.rules);
      const edges = resolveAround(around, rules).edges.filter((edge) => own.has(edge.a) || own.has(edge.b));
      const rows = around.identifiers.filter((row) => carried.has(row.key));
      const identifiers = rows.map(({ key, decision }) => ({
        key,
        decision,
        reason: decisionReason(key, decision, rules),
      }));
      const shared = identifiers.flatMap(({ key, decision }) => (decision === "shared" ? [key] : [])).sort();
      const told = shared.slice(0, maxDevicesTold);
      return {
        identifiers: identifiers.sort((one, other) => (one.key < other.key ? -1 : 1)),
        edges,
        tenancies: [...(await people.tenancies(told))].map(deviceTenancies),
        devicesLeftOut: shared.length - told.length,
      };
    },
    why: async (a, b) => {
      const [keyA, keyB] = [readKey(a, "a"), readKey(b, "b")];
      const around = await people.evidenceAround([keyA, keyB]);
      const rules = rulesInForce(around.rules, parts.rules);
      const decisions = new Map(around.identifiers.map((row) => [row.key, row.decision]));
      for (const [key, field] of [
        [keyA, "a"],
        [keyB, "b"],
      ] as const) {
        if (!decisions.has(key)) throw unknownIdentifier(field);
      }
      const answer = why(keyA, keyB, resolveAround(around, rules), decisions, rules);
      return { a: keyA, b: keyB, profileIds: [await livingId(keyA), await livingId(keyB)], ...answer };
    },
  };
}
