import type { EvidenceRule } from "../model/evidence.ts";
import type { IdentifierKey } from "../model/identifier.ts";

/**
 * How much a type says about who somebody is.
 * - `unique`: a person has one (a login); two of them are two people, unless an alias says that one became the other.
 * - `personal`: belongs to one person as a rule (e-mail, phone, card); seen with a crowd of them, a value is nobody's.
 * - `device`: belongs to a thing that people may share.
 * - `plain`: anything else; counts for no node decision.
 */
export type IdentifierKind = "unique" | "personal" | "device" | "plain";

export interface BlockedValues {
  /** Compared in lower case and without white space. */
  values: readonly string[];
  /** Regular expressions on the value, case-insensitive, Unicode. */
  patterns: readonly string[];
}

export interface IdentifierTypeRules {
  kind: IdentifierKind;
  /** Greater is surer: its evidence is accepted first, and a fragment goes to its greatest. Types may share one. */
  rank: number;
  /** Most values of the type that one person may have; 1 for a unique type. */
  limit: number;
  /**
   * Whether it may make one person of two who each have a value of their own of a surer, personal type. What several
   * people use (a device, a phone, a payment card) only adds to a person what that person has none of.
   */
  bridges: boolean;
  /**
   * Distinct values of one personal type, seen with an identifier of this type, that make it a hub or shared, where
   * that is another number than `crowdThreshold`.
   */
  crowd?: number;
  /** Beside what is blocked in every type. */
  blocked?: BlockedValues;
}

/** Who is who, as a document. Its versions are numbered where they are published (`RulesVersion`). */
export interface IdentityRules {
  types: Readonly<Record<string, IdentifierTypeRules>>;
  /** For types that `types` does not name. */
  otherTypes: IdentifierTypeRules;
  /** In every type. */
  blocked: BlockedValues;
  /** Distinct values of one unique type, seen with an identifier that is no device, that make it a hub. */
  hubThreshold: number;
  /** Distinct values of one unique type (logins), seen on a device, that make it shared. */
  sharedDeviceLogins: number;
  /** Distinct values of one personal type, seen with any identifier, that make it a hub or shared: see also `crowd`. */
  crowdThreshold: number;
  /**
   * Most identifiers that one evidence component may hold; past it the least edges are refused as `cap`. Also the most
   * aliases that may name one identifier: with more it is a hub or shared.
   */
  maxEvidenceIdentifiers: number;
  /** Greater is accepted first. */
  ruleRanks: Readonly<Record<EvidenceRule, number>>;
  /** Whose a shared device is, and when. */
  tenancies: TenancyRules;
}

export interface TenancyRules {
  /**
   * To whom belongs what happens on a shared device while an event names only the device: whoever signed in last, by
   * event time, or the device's own person.
   */
  anonymousEvents: "last_login" | "own_person";
  /** Of `logoutNames`: events after which a device is nobody's until the next login. One of them makes it shared. */
  logoutEvents: readonly string[];
}

export function typeOfKey(key: IdentifierKey): string {
  return key.slice(0, key.indexOf(":"));
}

/** Types come from outside: `constructor` is one, and must not find what every object inherits. */
export function rulesOfType(type: string, rules: IdentityRules): IdentifierTypeRules {
  return (Object.hasOwn(rules.types, type) ? rules.types[type] : undefined) ?? rules.otherTypes;
}

/** Surest first: by rank of type, then by key. A total order, so that equals are told apart the same way everywhere. */
export function compareIdentifiers(a: IdentifierKey, b: IdentifierKey, rules: IdentityRules): number {
  return rulesOfType(typeOfKey(b), rules).rank - rulesOfType(typeOfKey(a), rules).rank || compareText(a, b);
}

/** By UTF-16 code units, never by locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** All types, surest first as `compareIdentifiers` has them; `*` stands where types that are not named come. */
export function identifierOrder(rules: IdentityRules): string[] {
  const types = Object.entries(rules.types).map(([type, { rank }]) => ({ type, rank }));
  return [...types, { type: "*", rank: rules.otherTypes.rank }]
    .sort((a, b) => b.rank - a.rank || compareText(a.type, b.type))
    .map(({ type }) => type);
}
