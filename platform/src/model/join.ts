import type { EdgeRule } from "./evidence.ts";
import type { IdentifierKey } from "./identifier.ts";
import type { Position } from "./position.ts";
import type { ProfileId } from "./profile.ts";
import type { SourceKind } from "./source.ts";

/** Two or more people that one decision found to be one, with the event that showed it or the correction that said it. */
export interface Join {
  /** Of that event or correction. */
  position: Position;
  /** The living one. */
  profileId: ProfileId;
  /** Living until this decision. */
  retiredIds: ProfileId[];
  /** Those of the event that met in it. */
  identifiers: IdentifierKey[];
  messageId: string;
  source: string;
  /** Null for a correction: no source sent it. */
  sourceKind: SourceKind | null;
  /** UTC ms: of a correction, when it was said. */
  occurredAt: number;
  /** `withdrawn`: evidence joins them again, now that nobody keeps them apart any more. */
  rule: EdgeRule | "withdrawn";
}
