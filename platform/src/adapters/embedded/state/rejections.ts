import type { DatabaseSync } from "node:sqlite";
import type { KeyedHash } from "../../../model/keyedHash.ts";
import { causeIdOf, maxCausesOfSource, withoutNames, type RejectionCause } from "../../../model/rejectionCause.ts";
import type { Decision, RejectedRow } from "../../../storage/identityAndProfiles.ts";
import { int, text, type Row } from "./rows.ts";

/** In the column `state` of a refusal. */
export const refusalStates = { open: 0, replaced: 1, mended: 2 } as const;
const { open, replaced, mended } = refusalStates;

/** Keys of messages that wait to be mended, in memory, some 64 bytes each; where there are more, each is looked up. */
const maxHeldKeys = 250_000;

export interface RejectionRows {
  /** Inside the caller's transaction. */
  write(decision: Pick<Decision, "rejected" | "mended">): void;
  /** Of these messages, those that were refused and of which none was taken since. */
  refused(keys: readonly string[]): Set<string>;
  /** What was written stands. */
  keep(decision: Pick<Decision, "rejected" | "mended">): void;
  /** Only the file knows whether it does. */
  forget(): void;
}

export function rejectionRows(database: DatabaseSync, hash: KeyedHash, mostHeld = maxHeldKeys): RejectionRows {
  const statements = rejectionWrites(database);
  // Asked once, and again after trouble: it walks its index.
  const unmended = database.prepare(`SELECT message FROM rejected WHERE state <> ${mended} LIMIT ?`);
  /** Null where there are too many; undefined before they are read. */
  let held: Set<string> | null | undefined;
  const holding = (): Set<string> | null => {
    if (held !== undefined) return held;
    const rows = unmended.all(mostHeld + 1) as Row[];
    held = rows.length > mostHeld ? null : new Set(rows.map((row) => text(row, "message")));
    return held;
  };
  const causeNumber = causeNumbers(statements, hash);
  return {
    write: (decision) => {
      for (const row of decision.rejected) {
        if (!row.isTaken) settle(statements, row.messageKey, replaced);
        const { position, messageKey, source, messageId, reason, isTaken } = row;
        const cause = causeNumber(row.cause);
        const state = isTaken ? mended : open;
        statements.add.run(position, messageKey, source, messageId, JSON.stringify(reason), cause, state);
        count(statements, cause, row);
      }
      for (const key of decision.mended) settle(statements, key, mended);
    },
    refused: (keys) => {
      const known = holding();
      if (known?.size === 0) return new Set();
      const isRefused = (key: string): boolean =>
        known === null ? statements.unmendedOf.get(key) !== undefined : known.has(key);
      return new Set(keys.filter(isRefused));
    },
    keep: (decision) => {
      if (held === undefined || held === null) return;
      for (const { messageKey, isTaken } of decision.rejected) if (!isTaken) held.add(messageKey);
      for (const key of decision.mended) held.delete(key);
      if (held.size > mostHeld) held = null;
    },
    forget: () => {
      held = undefined;
    },
  };
}

export function rejectionWrites(database: DatabaseSync) {
  const prepare = (sql: string) => database.prepare(sql);
  return {
    add: prepare("INSERT INTO rejected VALUES (?, ?, ?, ?, ?, ?, ?)"),
    unmendedOf: prepare(`SELECT 1 FROM rejected WHERE message = ? AND state <> ${mended} LIMIT 1`),
    openOf: prepare(`SELECT cause FROM rejected WHERE message = ? AND state = ${open}`),
    settle: prepare("UPDATE rejected SET state = ? WHERE message = ? AND state < ?"),
    closeOne: prepare("UPDATE causes SET open = open - 1 WHERE number = ?"),
    cause: prepare("SELECT number FROM causes WHERE id = ?"),
    causesOfSource: prepare("SELECT count(*) AS causes FROM causes WHERE source = ?"),
    addCause: prepare(`INSERT INTO causes (id, source, code, field, type, event, count, open, last_position)
      VALUES (?, ?, ?, ?, ?, ?, 0, 0, 0)`),
    count: prepare(`UPDATE causes SET count = count + 1, open = open + ?, last_position = ?,
      first_at = min(coalesce(first_at, ?), coalesce(?, first_at)), last_at = max(coalesce(last_at, ?), coalesce(?, last_at))
      WHERE number = ?`),
  };
}

type Statements = ReturnType<typeof rejectionWrites>;

/** Of a message's refusals: those that were open are so no more. */
function settle(statements: Statements, messageKey: string, as: typeof replaced | typeof mended): void {
  for (const row of statements.openOf.all(messageKey) as Row[]) statements.closeOne.run(int(row, "cause"));
  statements.settle.run(as, messageKey, as);
}

function count(statements: Statements, cause: number, { position, receivedAt: at, isTaken }: RejectedRow): void {
  statements.count.run(isTaken ? 0 : 1, position, at, at, at, at, cause);
}

function causeNumbers(statements: Statements, hash: KeyedHash): (cause: RejectionCause) => number {
  const known = (id: string): number | null => {
    const row = statements.cause.get(id);
    return row === undefined ? null : int(row, "number");
  };
  const add = (id: string, { source, code, field, type, event }: RejectionCause): number =>
    Number(statements.addCause.run(id, source, code, field, type, event).lastInsertRowid);
  return (cause) => {
    const id = causeIdOf(hash, cause);
    const number = known(id);
    if (number !== null) return number;
    const { causes } = statements.causesOfSource.get(cause.source) as { causes: number };
    if (causes < maxCausesOfSource) return add(id, cause);
    const coarse = withoutNames(cause);
    const coarseId = causeIdOf(hash, coarse);
    return known(coarseId) ?? add(coarseId, coarse);
  };
}
