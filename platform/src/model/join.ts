import type { EdgeRule } from "./evidence.ts";
import type { IdentifierKey } from "./identifier.ts";
import type { Position } from "./position.ts";
import type { ProfileId } from "./profile.ts";
import type { SourceKind } from "./source.ts";

/** Two or more people that one decision found to be one, with the event that showed it. */
export interface Join {
  /** Of that event. */
  position: Position;
  /** The living one. */
  profileId: ProfileId;
  /** Living until this decision. */
  retiredIds: ProfileId[];
  /** Those of the event that met in it. */
  identifiers: IdentifierKey[];
  messageId: string;
  source: string;
  sourceKind: SourceKind;
  /** UTC ms. */
  occurredAt: number;
  rule: EdgeRule;
}
