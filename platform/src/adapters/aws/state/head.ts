import type { Position } from "../../../model/position.ts";
import { type Item, type ItemTable, keyOf } from "./itemTable.ts";
import { placeName, row } from "./place.ts";

/** What is decided, and how far it is written into the rows. */
export interface Head {
  /** Of the decision that stands. */
  decision: number;
  /** Of the decision up to which all rows are written: this one, or the one before it. */
  applied: number;
  position: Position;
  /** Names what the decision says, until it is written. */
  attempt: string;
  /** Items that hold it. */
  redoParts: number;
  format: number;
  /** What decides the state beside the log, as JSON. */
  foldedWith: string;
}

const place = row<never>("head");
const key = keyOf(place);

export async function readHead(table: ItemTable): Promise<Head | null> {
  const item = (await table.get([place])).get(placeName(place));
  return item === undefined ? null : headOf(item);
}

/** Where there is none. Another one that came first stays. */
export async function beginHead(table: ItemTable, { format, foldedWith }: Pick<Head, "format" | "foldedWith">) {
  const none = { position: 0, decision: 0, applied: 0, redoParts: 0, format };
  const item: Item = { ...key, attempt: { S: "" }, foldedWith: { S: foldedWith } };
  for (const [name, value] of Object.entries(none)) item[name] = { N: String(value) };
  await table.putIfOlder(item, 0);
}

export interface Advance {
  from: Head;
  position: Position;
  attempt: string;
  redoParts: number;
}

/**
 * The moment at which a decision stands. Null where another one does: somebody else has decided. A request that was
 * repeated because its answer was lost finds its own attempt, and is done.
 */
export async function advanceHead(table: ItemTable, advance: Advance): Promise<Head | null> {
  const { from, position, attempt, redoParts } = advance;
  const { isDone, item } = await table.update({
    Key: key,
    UpdateExpression: "SET decision = :next, #position = :position, attempt = :attempt, redoParts = :parts",
    ConditionExpression: "decision = :before AND applied = :before AND #position < :position",
    ExpressionAttributeNames: { "#position": "position" },
    ExpressionAttributeValues: {
      ":before": { N: String(from.decision) },
      ":next": { N: String(from.decision + 1) },
      ":position": { N: String(position) },
      ":attempt": { S: attempt },
      ":parts": { N: String(redoParts) },
    },
  });
  const head = item === null ? null : headOf(item);
  return isDone || head?.attempt === attempt ? head : null;
}

/** All rows of a decision are written. */
export async function markApplied(table: ItemTable, decision: number): Promise<void> {
  await table.update({
    Key: key,
    UpdateExpression: "SET applied = :decision",
    ConditionExpression: "decision = :decision",
    ExpressionAttributeValues: { ":decision": { N: String(decision) } },
  });
}

function headOf(item: Item): Head {
  const number = (name: string): number => Number(item[name]?.N);
  return {
    decision: number("decision"),
    applied: number("applied"),
    position: number("position"),
    attempt: item["attempt"]?.S ?? "",
    redoParts: number("redoParts"),
    format: number("format"),
    foldedWith: item["foldedWith"]?.S ?? "{}",
  };
}
