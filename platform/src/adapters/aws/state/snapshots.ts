import { Problem } from "../../../model/problem.ts";
import { StateForbidden } from "../../../storage/stateForbidden.ts";
import type { Changes } from "./changes.ts";
import { type Head, readHead } from "./head.ts";
import { type ItemTable, itemTable, type TableParts } from "./itemTable.ts";
import { readRedo } from "./redo.ts";
import type { RowTexts } from "./rowReads.ts";
import { ReadOvertaken, rowsAsDecided } from "./rowsOfTable.ts";
import { StateUnavailable } from "./stateUnavailable.ts";

/** A read that was overtaken begins anew so often, each time after up to twice the time. */
const maxTries = 8;
const firstDelayMs = 10;

/**
 * Reads of one moment: what is decided when they begin. Those that touch a row that is decided anew meanwhile begin
 * anew. Problem 503 `state_busy` where that happens all the time, `state_unavailable` where DynamoDB does not answer.
 */
export type Snapshots = <Value>(read: (rows: RowTexts, head: Head) => Promise<Value>) => Promise<Value>;

export function snapshotsOf(parts: TableParts): Snapshots {
  const table = itemTable(parts);
  const pendingOf = latestRedo(table);
  return async (read) => {
    for (let tries = 0; tries < maxTries; tries += 1) {
      try {
        const head = await readHead(table);
        if (head === null) throw nothingDecided();
        return await read(rowsAsDecided(table, head.decision, await pendingOf(head)), head);
      } catch (error) {
        if (error instanceof StateUnavailable || error instanceof StateForbidden) throw unavailable(error);
        if (!(error instanceof ReadOvertaken)) throw error;
        await parts.sleep(firstDelayMs * 2 ** tries * parts.random());
      }
    }
    throw new Problem(503, "state_busy", "what was asked for is being decided anew all the time", {
      hint: "ask again",
      retryAfterSeconds: 1,
    });
  };
}

/** Many readers come while one decision is being written. */
function latestRedo(table: ItemTable): (head: Head) => Promise<Changes | null> {
  let known: { attempt: string; changes: Promise<Changes> } | null = null;
  return async (head) => {
    if (head.applied >= head.decision) {
      known = null;
      return null;
    }
    if (known?.attempt === head.attempt) return known.changes;
    const asked = { attempt: head.attempt, changes: readRedo(table, head) };
    known = asked;
    asked.changes.catch(() => {
      if (known === asked) known = null;
    });
    return asked.changes;
  };
}

function nothingDecided(): Problem {
  return new Problem(503, "state_missing", "nothing was decided here yet: the table has no head", {
    hint: "see whether the decider runs, and on this table",
    retryAfterSeconds: 5,
  });
}

function unavailable({ message }: Error): Problem {
  return new Problem(503, "state_unavailable", message, { hint: "ask again", retryAfterSeconds: 2 });
}
