import type { JsonObject, RulesRecord } from "./event.ts";

/** Stands where events have their source. No source can have this id. */
export const rulesSource = "_rules";

/** Of the rules that the program brings: they hold until others are published. */
export const defaultRulesNumber = 1;

/** A published document of identity rules. Never changed and never removed: of all, the greatest number holds. */
export interface RulesVersion {
  /** The messageId of its record. */
  id: string;
  /** One more than that of the version that it was based on. */
  number: number;
  /** Of the document's contents. */
  hash: string;
  document: JsonObject;
  /** The id of the API token that it came with. */
  by: string;
  /** In the person's words. */
  reason: string;
  /** UTC ms. */
  receivedAt: number;
}

/** As its record in the log says it. */
export function rulesVersionOf({ messageId, receivedAt, body }: RulesRecord): RulesVersion {
  const { number, hash, document, by, reason } = body;
  return { id: messageId, number, hash, document, by, reason, receivedAt };
}

export function rulesRecordOf({ id, receivedAt, number, hash, document, by, reason }: RulesVersion): RulesRecord {
  const body = { number, hash, by, reason, document };
  return { status: "rules", source: rulesSource, messageId: id, receivedAt, body };
}
