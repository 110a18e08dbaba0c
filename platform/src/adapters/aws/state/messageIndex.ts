import type { EventBufferReader } from "../../../buffer/eventBuffer.ts";
import type { Position } from "../../../model/position.ts";
import type { MessageIndex } from "../../../storage/messageIndex.ts";
import { type Item, itemTable, type ItemTable, keyOf, type TableParts } from "./itemTable.ts";
import { placeName, row } from "./place.ts";
import { StateDamage } from "./redo.ts";

/** What is not remembered yet is read from the log, so much at a time. */
const maxRecordsRead = 10_000;
const maxBytesRead = 16 << 20;

export interface MessageIndexParts extends TableParts {
  log: EventBufferReader;
  /** Every record before it is decided. */
  decided: Position;
  /** Messages before it are forgotten. */
  keptFrom: Position;
  /** Of decided records, those that were rejected or came again. */
  notProcessed: (from: Position, until: Position) => Promise<ReadonlySet<Position>>;
}

/**
 * `MessageIndex` in a DynamoDB table, which may be that of the state: an item a message, `m#<key>`, with `p`, its first
 * position. Items are put without a condition, 25 in one request: whose message is first is decided before it is
 * remembered, so that whoever remembers it, however late, says the same. How far it got stands in `messages`; what was
 * decided behind that is read from the log when it is opened. Forgotten messages stay in the table and are not told.
 */
export async function openDynamoMessageIndex(parts: MessageIndexParts): Promise<MessageIndex> {
  const table = itemTable(parts);
  let keptFrom = parts.keptFrom;
  const remember = async (entries: readonly Entry[]): Promise<void> => {
    // Of one message the first counts.
    const first = new Map<string, Entry>();
    for (const entry of entries) if (!first.has(entry.key)) first.set(entry.key, entry);
    await table.putAll([...first.values()].map(messageItem));
  };
  const reach = await reaching(table);
  await catchUp(parts, reach, remember);
  return {
    firstPositions: async (keys) => {
      if (keys.length === 0) return [];
      const places = keys.map(messagePlace);
      const found = await table.get(places);
      return places.map((place) => {
        const at = found.get(placeName(place))?.["p"]?.N;
        return at === undefined || Number(at) < keptFrom ? null : Number(at);
      });
    },
    remember: async (entries) => {
      const last = entries.at(-1);
      if (last === undefined) return;
      await remember(entries);
      await reach.to(last.position + 1);
    },
    forget: (before) => {
      keptFrom = Math.max(keptFrom, before);
    },
    close: async () => parts.client.destroy(),
  };
}

interface Entry {
  key: string;
  position: Position;
}

const reachedPlace = row<never>("messages");

function messagePlace(key: string) {
  return row<never>(`m#${key}`);
}

function messageItem({ key, position }: Entry): Item {
  return { ...keyOf(messagePlace(key)), p: { N: String(position) } };
}

/** Up to where everything decided is remembered. */
interface Reach {
  at(): Position;
  /**
   * What says less changes nothing. It goes on only from where it is known to stand, or further: where it stands behind
   * that, what lies between would be remembered by nobody, and that is {@link StateDamage}.
   */
  to(until: Position): Promise<void>;
}

async function reaching(table: ItemTable): Promise<Reach> {
  let known = reachedOf((await table.get([reachedPlace])).get(placeName(reachedPlace)));
  return {
    at: () => known,
    to: async (until) => {
      while (known < until) {
        const { isDone, item } = await table.update({
          Key: keyOf(reachedPlace),
          UpdateExpression: "SET p = :until",
          ConditionExpression: known === 0 ? "attribute_not_exists(p)" : "p = :known",
          ExpressionAttributeValues: {
            ":until": { N: String(until) },
            ...(known === 0 ? {} : { ":known": { N: String(known) } }),
          },
        });
        const stands = isDone ? until : reachedOf(item ?? undefined);
        if (stands <= known) throw new StateDamage("messages are remembered less far than they were");
        known = stands;
      }
    },
  };
}

function reachedOf(item: Item | undefined): Position {
  return Number(item?.["p"]?.N ?? 0);
}

async function catchUp(
  { log, decided, keptFrom, notProcessed }: MessageIndexParts,
  reach: Reach,
  remember: (entries: readonly Entry[]) => Promise<void>,
): Promise<void> {
  let from = Math.max(reach.at(), keptFrom);
  while (from < decided) {
    const { records, next } = await log.read(from, decided, maxRecordsRead, maxBytesRead);
    if (next <= from) throw new StateDamage("the log ends before what is decided");
    const skipped = await notProcessed(from, next);
    const taken = records.filter(({ position }) => !skipped.has(position));
    await remember(taken.map(({ message, position }) => ({ key: message, position })));
    await reach.to(next);
    from = next;
  }
}
