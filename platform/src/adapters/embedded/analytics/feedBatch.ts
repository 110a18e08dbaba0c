import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { parseIdentifierKey } from "../../../model/identifier.ts";
import type { OrderFigures, OrderKey } from "../../../model/order.ts";
import type { Profile, ProfileId } from "../../../model/profile.ts";
import type { Change, Decided, FollowedProfile, Seen } from "../../../storage/followed.ts";
import { quoted } from "./sqlText.ts";

/** Read, composed and written at a time: garbage of a slice dies young, of all it would be copied again and again. */
const sliceSize = 250;

/**
 * Replaces the rows of everything that a step names, inside the caller's transaction. What is written
 * is the state as decided now, which may be later than the feed says; the later entry then writes the same again.
 */
export async function replaceChanged(
  writer: DuckDBConnection,
  entries: readonly Change[],
  decided: Decided,
  stageDirectory: string,
): Promise<void> {
  const named = (of: (entry: Change) => boolean) => new Set(entries.filter(of).map(({ id }) => id));
  const changed = named(({ kind, cause }) => kind === "profile" && cause !== "activity");
  const active = named(({ kind, cause }) => kind === "profile" && cause === "activity").difference(changed);
  const stage = { writer, file: join(stageDirectory, "rows.ndjson") };
  for (const id of await updateSeen(stage, [...active], decided)) changed.add(id);
  await replaceProfiles(stage, [...changed], decided);
  await replaceOrders(stage, [...named(({ kind }) => kind === "order")], decided);
}

/** Before a full copy, inside the caller's transaction. */
export async function removeAll(writer: DuckDBConnection): Promise<void> {
  for (const table of ["profiles", "identifiers", "home_ties", "fragments", "orders", "order_lines"]) {
    await writer.run(`DELETE FROM store.${table}`);
  }
}

interface Stage {
  writer: DuckDBConnection;
  file: string;
}

/** A profile or an order with all that is in it on one line. */
const maxRowBytes = 16 * 1_048_576;

/**
 * Makes the rows a temporary table `changed`, through a file of JSON lines: several times cheaper than binding values.
 * `rowsOf` is asked for one slice of the ids after the other.
 */
async function stageRows(
  { writer, file }: Stage,
  columns: string,
  ids: readonly string[],
  rowsOf: (slice: readonly string[], number: number) => object[],
): Promise<void> {
  try {
    const descriptor = openSync(file, "w", 0o600);
    try {
      for (let at = 0; at < ids.length; at += sliceSize) {
        const rows = rowsOf(ids.slice(at, at + sliceSize), at);
        writeWhole(descriptor, Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join("")));
      }
    } finally {
      closeSync(descriptor);
    }
    await writer.run(`CREATE OR REPLACE TEMP TABLE changed AS SELECT * FROM read_json(${quoted(file)},
      format = 'newline_delimited', maximum_object_size = ${maxRowBytes}, columns = ${columns})`);
  } finally {
    rmSync(file, { force: true });
  }
}

/** A full disk takes a part. */
function writeWhole(descriptor: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
}

const seenColumns = `{id: 'VARCHAR', first: 'BIGINT', last: 'BIGINT', events: 'BIGINT', fragments: 'VARCHAR[]',
  identifiers: 'STRUCT(type VARCHAR, value VARCHAR, first BIGINT, last BIGINT)[]'}`;

/** A fraction of the work of a replacement. Gives those that are not as was supposed, which are to be replaced. */
async function updateSeen(stage: Stage, ids: readonly ProfileId[], decided: Decided): Promise<ProfileId[]> {
  if (ids.length === 0) return [];
  const gone: ProfileId[] = [];
  await stageRows(stage, seenColumns, ids, (slice) =>
    [...decided.seen(slice)].flatMap(([id, seen]) => {
      if (seen === null) gone.push(id);
      return seen === null ? [] : [seenRow(id, seen)];
    }),
  );
  const { writer } = stage;
  await writer.run(`UPDATE store.profiles SET first_seen_at = epoch_ms(first), last_seen_at = epoch_ms(last),
    event_count = events FROM temp.changed c WHERE profile_id = c.id`);
  await writer.run(`UPDATE store.identifiers t SET first_seen_at = epoch_ms(c.i.first), last_seen_at = epoch_ms(c.i.last)
    FROM (SELECT id, unnest(identifiers) AS i FROM temp.changed) c
    WHERE t.profile_id = c.id AND t.type = c.i.type AND t.value = c.i.value`);
  await writer.run(`INSERT INTO store.fragments SELECT fragment, id
    FROM (SELECT id, unnest(fragments) AS fragment FROM temp.changed) c
    WHERE NOT EXISTS (SELECT 1 FROM store.fragments f WHERE f.fragment = c.fragment)`);
  const absent = await writer.runAndReadAll(
    "SELECT id FROM temp.changed WHERE id NOT IN (SELECT profile_id FROM store.profiles)",
  );
  return [...gone, ...absent.getRows().map(([id]) => String(id))];
}

function seenRow(id: ProfileId, seen: Seen): object {
  return {
    id,
    first: seen.firstSeenAt,
    last: seen.lastSeenAt,
    events: seen.eventCount,
    fragments: seen.fragments,
    identifiers: seen.identifiers.map(({ key, firstAt, lastAt }) => {
      const { type, value } = parseIdentifierKey(key);
      return { type, value: value.toWellFormed(), first: firstAt, last: lastAt };
    }),
  };
}

/** `read_at` tells slices apart: a person who moved between two of them counts where the later one says. */
const profileColumns = `{id: 'VARCHAR', living: 'BOOLEAN', read_at: 'BIGINT', first: 'BIGINT', last: 'BIGINT',
  events: 'BIGINT', orders: 'BIGINT', revenue: 'BIGINT', currency: 'VARCHAR', traits: 'JSON', fragments: 'VARCHAR[]',
  identifiers: 'STRUCT(type VARCHAR, value VARCHAR, first BIGINT, last BIGINT)[]',
  ties: 'STRUCT(id VARCHAR, records BIGINT, held BOOLEAN)[]'}`;

async function replaceProfiles(stage: Stage, ids: readonly ProfileId[], decided: Decided): Promise<void> {
  if (ids.length === 0) return;
  await stageRows(stage, profileColumns, ids, (slice, readAt) =>
    [...decided.profiles(slice)].map(([id, read]) =>
      read === null ? { id, living: false } : { ...profileRow(id, read.profile), ...heldRows(read), read_at: readAt },
    ),
  );
  const { writer } = stage;
  for (const table of ["profiles", "identifiers", "home_ties", "fragments"]) {
    await writer.run(`DELETE FROM store.${table} WHERE profile_id IN (SELECT id FROM temp.changed)`);
  }
  // A fragment may still stand under a person it left, whose own entry comes later in the feed.
  await writer.run(
    "DELETE FROM store.fragments WHERE fragment IN (SELECT unnest(fragments) FROM temp.changed WHERE living)",
  );
  await writer.run(`INSERT INTO store.fragments SELECT fragment, arg_max(id, read_at)
    FROM (SELECT id, read_at, unnest(fragments) AS fragment FROM temp.changed WHERE living) GROUP BY fragment`);
  await writer.run(`INSERT INTO store.profiles
    SELECT id, epoch_ms(first), epoch_ms(last), events, orders, revenue, currency, traits
    FROM temp.changed WHERE living`);
  await writer.run(`INSERT INTO store.identifiers
    SELECT id, i.type, i.value, epoch_ms(i.first), epoch_ms(i.last)
    FROM (SELECT id, unnest(identifiers) AS i FROM temp.changed WHERE living)`);
  await writer.run(`INSERT INTO store.home_ties SELECT id, t.id, t.records, t.held
    FROM (SELECT id, unnest(ties) AS t FROM temp.changed WHERE living)`);
}

function heldRows({ fragments, ties }: FollowedProfile): object {
  return { fragments, ties: ties.map(({ id, records, isHeld }) => ({ id, records, held: isHeld })) };
}

function profileRow(id: ProfileId, profile: Profile): object {
  const { computed } = profile;
  const traits = Object.fromEntries(Object.entries(profile.traits).map(([name, trait]) => [name, trait.value]));
  return {
    id,
    living: true,
    first: milliseconds(profile.firstSeenAt),
    last: milliseconds(profile.lastSeenAt),
    events: computed.eventCount,
    orders: computed.orderCount,
    revenue: computed.revenue.amount,
    currency: computed.revenue.currency,
    traits,
    identifiers: profile.identifiers.map(({ type, value, firstSeenAt, lastSeenAt }) => ({
      type,
      value: value.toWellFormed(),
      first: milliseconds(firstSeenAt),
      last: milliseconds(lastSeenAt),
    })),
  };
}

function milliseconds(iso: string): number | null {
  const time = Date.parse(iso);
  return Number.isNaN(time) ? null : time;
}

const orderColumns = `{key: 'VARCHAR', living: 'BOOLEAN', id: 'VARCHAR', fragment: 'VARCHAR', channel: 'VARCHAR',
  occurred: 'BIGINT', gross: 'BIGINT', refunded: 'BIGINT', net: 'BIGINT', currency: 'VARCHAR',
  lines: 'STRUCT(occurred BIGINT, sku VARCHAR, name VARCHAR, category VARCHAR, quantity DOUBLE, price BIGINT,
    value BIGINT, kind VARCHAR)[]'}`;

async function replaceOrders(stage: Stage, keys: readonly OrderKey[], decided: Decided): Promise<void> {
  if (keys.length === 0) return;
  await stageRows(stage, orderColumns, keys, (slice) =>
    [...decided.orders(slice)].map(([key, order]) => (order === null ? { key, living: false } : orderRow(key, order))),
  );
  const { writer } = stage;
  for (const table of ["orders", "order_lines"]) {
    await writer.run(`DELETE FROM store.${table} WHERE order_key IN (SELECT key FROM temp.changed)`);
  }
  await writer.run(`INSERT INTO store.orders
    SELECT key, id, fragment, channel, epoch_ms(occurred), gross, refunded, net, currency
    FROM temp.changed WHERE living`);
  await writer.run(`INSERT INTO store.order_lines
    SELECT key, id, fragment, epoch_ms(l.occurred), l.sku, l.name, l.category, l.quantity, l.price, l.value, currency,
      l.kind
    FROM (SELECT key, id, fragment, currency, unnest(lines) AS l FROM temp.changed WHERE living)`);
}

function orderRow(key: OrderKey, order: OrderFigures): object {
  return {
    key,
    living: true,
    id: order.orderId.toWellFormed(),
    fragment: order.ownerFragment,
    channel: order.channel,
    occurred: order.occurredAt,
    gross: order.grossMinor,
    refunded: order.refundedMinor,
    net: order.netMinor,
    currency: order.currency,
    lines: order.lines.map((line) => ({
      occurred: line.occurredAt,
      sku: line.sku?.toWellFormed() ?? null,
      name: line.name?.toWellFormed() ?? null,
      category: line.category?.toWellFormed() ?? null,
      quantity: line.quantity,
      price: line.priceMinor,
      value: line.valueMinor,
      kind: line.kind,
    })),
  };
}
