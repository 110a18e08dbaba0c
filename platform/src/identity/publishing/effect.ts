import type { NodeDecision } from "../../model/evidence.ts";
import type { IdentifierKey } from "../../model/identifier.ts";
import type { ProfileId } from "../../model/profile.ts";
import type { DocumentChange } from "./difference.ts";

/** What other rules would make of everybody: counted, not estimated. */
export interface RulesEffect {
  people: { before: number; after: number };
  /** People that would be made of several. */
  joins: number;
  /** People that would become several. */
  splits: number;
  /** People whose identifiers, events or id would be others, whether they are joined, split or neither. */
  affected: number;
  /** Identifiers whose decision would be another one, by type: at most `maxDecisionRows`, the most frequent first. */
  decisions: DecisionCount[];
  /** Of those who live now. At most `maxAffectedIds`. */
  affectedIds: ProfileId[];
  examples: EffectExample[];
}

export interface DecisionCount {
  type: string;
  from: NodeDecision;
  to: NodeDecision;
  count: number;
}

/** Some people who hang together. */
export interface EffectExample {
  kind: "join" | "split" | "other";
  before: ExamplePerson[];
  after: ExamplePerson[];
  /** Changes of the document that have this effect by themselves; `alone` false: that take part in it. */
  because: { change: DocumentChange; alone: boolean }[];
  /** What the rules say of it, in words that quote no value. */
  reasons: string[];
}

export interface ExamplePerson {
  profileId: ProfileId;
  /** Sorted; at most `maxExampleIdentifiers`. */
  identifiers: IdentifierKey[];
  identifierCount: number;
}

export const maxDecisionRows = 100;
export const maxAffectedIds = 10_000;
export const maxExamplesOfKind = 10;
export const maxExamplePeople = 10;
export const maxExampleIdentifiers = 20;
