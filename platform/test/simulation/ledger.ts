import type { DatabaseSync } from "node:sqlite";
import { decodeSpans, int, json, text, type Row } from "../../src/adapters/embedded/state/rows.ts";
import { openStateReader } from "../../src/adapters/embedded/state/schema.ts";
import type { OrderState } from "../../src/model/order.ts";
import type { Position } from "../../src/model/position.ts";
import { figuresOf } from "../../src/profiles/index.ts";

/** What the state file says, read by a connection that outlives processes. */
export interface Ledger {
  position(): Position;
  feedHead(): number;
  /** Commits so far, by any connection: unchanged, nothing was decided. */
  version(): number;
  processed(): number;
  rejected(): Position[];
  duplicates(): { position: Position; first: Position }[];
  /** Events by source, as fragments count them. */
  events(): Map<string, number>;
  orders(): { orderId: string; grossMinor: number; refundedMinor: number }[];
  people(): string[][];
  readonly database: DatabaseSync;
  close(): void;
}

export function openLedger(file: string): Ledger {
  const database = openStateReader(file);
  const head = database.prepare("SELECT position FROM head");
  const feed = database.prepare("SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'feed'), 0) AS seq");
  const version = database.prepare("PRAGMA data_version");
  const processed = database.prepare("SELECT coalesce(sum(processed), 0) AS n FROM batches");
  const rejected = database.prepare("SELECT position FROM rejected ORDER BY position");
  const duplicates = database.prepare("SELECT position, first FROM duplicates ORDER BY position");
  const spans = database.prepare("SELECT spans FROM fragments");
  const orders = database.prepare("SELECT state FROM orders");
  const members = database.prepare("SELECT person, key FROM identifiers WHERE person <> 0");
  return {
    database,
    position: () => int(head.get() as Row, "position"),
    feedHead: () => int(feed.get() as Row, "seq"),
    version: () => int(version.get() as Row, "data_version"),
    processed: () => int(processed.get() as Row, "n"),
    rejected: () => (rejected.all() as Row[]).map((row) => int(row, "position")),
    duplicates: () =>
      (duplicates.all() as Row[]).map((row) => ({ position: int(row, "position"), first: int(row, "first") })),
    events: () => {
      const counts = new Map<string, number>();
      for (const row of spans.all() as Row[]) {
        for (const [source, { count }] of Object.entries(decodeSpans(text(row, "spans")))) {
          counts.set(source, (counts.get(source) ?? 0) + count);
        }
      }
      return counts;
    },
    orders: () => (orders.all() as Row[]).map((row) => figuresOf(json(row, "state") as OrderState)),
    people: () => {
      const groups = Map.groupBy(members.all() as Row[], (row) => int(row, "person"));
      return [...groups.values()].map((rows) => rows.map((row) => text(row, "key")));
    },
    close: () => database.close(),
  };
}
