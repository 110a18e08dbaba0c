import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { OrderFigures, OrderKey } from "../../../model/order.ts";
import type { Profile, ProfileId } from "../../../model/profile.ts";
import type { Change, Decided } from "../../../storage/followed.ts";
import { quoted } from "./sqlText.ts";

type ProfileRead = ReturnType<Decided["profiles"]>;

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
  const idsOf = (kind: Change["kind"]) => [
    ...new Set(entries.filter((entry) => entry.kind === kind).map(({ id }) => id)),
  ];
  const profileIds = idsOf("profile");
  const orderKeys = idsOf("order");
  const stage = new Stage(writer, stageDirectory);
  if (profileIds.length > 0) await replaceProfiles(stage, profileIds, decided.profiles(profileIds));
  if (orderKeys.length > 0) await replaceOrders(stage, orderKeys, decided.orders(orderKeys));
}

/** Before a full copy, inside the caller's transaction. */
export async function removeAll(writer: DuckDBConnection): Promise<void> {
  for (const table of ["profiles", "identifiers", "fragments", "orders", "order_lines"]) {
    await writer.run(`DELETE FROM store.${table}`);
  }
}

/** Rows on their way into a table, through a file of JSON lines: several times cheaper than binding values. */
class Stage {
  readonly #writer: DuckDBConnection;
  readonly #file: string;

  constructor(writer: DuckDBConnection, directory: string) {
    this.#writer = writer;
    this.#file = join(directory, "rows.ndjson");
  }

  /** `select` reads the rows as `r`; `{rows}` in `sql` stands for them. */
  async run(sql: string, columns: string, rows: readonly object[]): Promise<void> {
    if (rows.length === 0) return;
    try {
      writeFileSync(this.#file, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
      const source = `read_json(${quoted(this.#file)}, format = 'newline_delimited', maximum_object_size = ${maxRowBytes}, columns = ${columns})`;
      await this.#writer.run(sql.replace("{rows}", () => source));
    } finally {
      rmSync(this.#file, { force: true });
    }
  }

  async deleteById(tables: readonly [table: string, column: string][], ids: readonly string[]): Promise<void> {
    await this.#writer.run("CREATE OR REPLACE TEMP TABLE changed (id VARCHAR)");
    const rows = ids.map((id) => ({ id }));
    await this.run("INSERT INTO temp.changed SELECT id FROM {rows}", "{id: 'VARCHAR'}", rows);
    for (const [table, column] of tables) {
      await this.#writer.run(`DELETE FROM ${table} WHERE ${column} IN (SELECT id FROM temp.changed)`);
    }
  }
}

/** A profile with all its traits on one line. */
const maxRowBytes = 16 * 1_048_576;

async function replaceProfiles(stage: Stage, ids: readonly ProfileId[], found: ProfileRead): Promise<void> {
  const living = [...found].flatMap(([id, read]) => (read === null ? [] : [{ id, ...read }]));
  const owners = new Map(living.flatMap(({ id, fragments }) => fragments.map((fragment) => [fragment, id] as const)));
  await stage.deleteById(
    [
      ["store.profiles", "profile_id"],
      ["store.identifiers", "profile_id"],
      ["store.fragments", "profile_id"],
    ],
    ids,
  );
  // A fragment may still stand under a person it left, whose own entry comes later in the feed.
  await stage.deleteById([["store.fragments", "fragment"]], [...owners.keys()]);
  await stage.run(
    "INSERT INTO store.fragments SELECT fragment, profile_id FROM {rows}",
    "{fragment: 'VARCHAR', profile_id: 'VARCHAR'}",
    [...owners].map(([fragment, profile_id]) => ({ fragment, profile_id })),
  );
  await stage.run(
    `INSERT INTO store.profiles SELECT id, epoch_ms(first), epoch_ms(last), events, orders, revenue, currency, traits
     FROM {rows}`,
    `{id: 'VARCHAR', first: 'BIGINT', last: 'BIGINT', events: 'BIGINT', orders: 'BIGINT', revenue: 'BIGINT',
      currency: 'VARCHAR', traits: 'JSON'}`,
    living.map(({ id, profile }) => profileRow(id, profile)),
  );
  await stage.run(
    "INSERT INTO store.identifiers SELECT id, type, value, epoch_ms(first), epoch_ms(last) FROM {rows}",
    "{id: 'VARCHAR', type: 'VARCHAR', value: 'VARCHAR', first: 'BIGINT', last: 'BIGINT'}",
    living.flatMap(({ id, profile }) => identifierRows(id, profile)),
  );
}

function profileRow(id: ProfileId, profile: Profile): object {
  const { computed } = profile;
  const traits = Object.fromEntries(Object.entries(profile.traits).map(([name, trait]) => [name, trait.value]));
  return {
    id,
    first: milliseconds(profile.firstSeenAt),
    last: milliseconds(profile.lastSeenAt),
    events: computed.eventCount,
    orders: computed.orderCount,
    revenue: computed.revenue.amount,
    currency: computed.revenue.currency,
    traits,
  };
}

function identifierRows(id: ProfileId, profile: Profile): object[] {
  return profile.identifiers.map(({ type, value, firstSeenAt, lastSeenAt }) => ({
    id,
    type,
    value: value.toWellFormed(),
    first: milliseconds(firstSeenAt),
    last: milliseconds(lastSeenAt),
  }));
}

function milliseconds(iso: string): number | null {
  const time = Date.parse(iso);
  return Number.isNaN(time) ? null : time;
}

async function replaceOrders(
  stage: Stage,
  keys: readonly OrderKey[],
  found: Map<OrderKey, OrderFigures | null>,
): Promise<void> {
  const orders = [...found].flatMap(([key, order]) => (order === null ? [] : [{ key, order }]));
  await stage.deleteById(
    [
      ["store.orders", "order_key"],
      ["store.order_lines", "order_key"],
    ],
    keys,
  );
  await stage.run(
    `INSERT INTO store.orders SELECT key, id, fragment, channel, epoch_ms(occurred), gross, refunded, net, currency
     FROM {rows}`,
    `{key: 'VARCHAR', id: 'VARCHAR', fragment: 'VARCHAR', channel: 'VARCHAR', occurred: 'BIGINT', gross: 'BIGINT',
      refunded: 'BIGINT', net: 'BIGINT', currency: 'VARCHAR'}`,
    orders.map(({ key, order }) => orderRow(key, order)),
  );
  await stage.run(
    `INSERT INTO store.order_lines SELECT key, id, fragment, epoch_ms(occurred), sku, name, category, quantity, price, value,
      currency, kind FROM {rows}`,
    `{key: 'VARCHAR', id: 'VARCHAR', fragment: 'VARCHAR', occurred: 'BIGINT', sku: 'VARCHAR', name: 'VARCHAR',
      category: 'VARCHAR', quantity: 'DOUBLE', price: 'BIGINT', value: 'BIGINT', currency: 'VARCHAR',
      kind: 'VARCHAR'}`,
    orders.flatMap(({ key, order }) => lineRows(key, order)),
  );
}

function orderRow(key: OrderKey, order: OrderFigures): object {
  return {
    key,
    id: order.orderId.toWellFormed(),
    fragment: order.ownerFragment,
    channel: order.channel,
    occurred: order.occurredAt,
    gross: order.grossMinor,
    refunded: order.refundedMinor,
    net: order.netMinor,
    currency: order.currency,
  };
}

function lineRows(key: OrderKey, order: OrderFigures): object[] {
  return order.lines.map((line) => ({
    key,
    id: order.orderId.toWellFormed(),
    fragment: order.ownerFragment,
    occurred: line.occurredAt,
    sku: line.sku?.toWellFormed() ?? null,
    name: line.name?.toWellFormed() ?? null,
    category: line.category?.toWellFormed() ?? null,
    quantity: line.quantity,
    price: line.priceMinor,
    value: line.valueMinor,
    currency: order.currency,
    kind: line.kind,
  }));
}
