import { isDeepStrictEqual } from "node:util";
import { segmentPath } from "../../src/adapters/embedded/eventLog/segmentFiles.ts";
import { lines, wholeResolution } from "../../src/ingestion/wholeFold.fake.ts";
import { isCall, type LogRecord } from "../../src/model/event.ts";
import { segmentOf, type Position } from "../../src/model/position.ts";
import { Broken } from "./broken.ts";
import type { Clients } from "./clients.ts";
import type { Ledger } from "./ledger.ts";
import type { Process, Promised, Running } from "./process.ts";
import type { Witness } from "./witness.ts";
import { logFolder, type World } from "./world.ts";

/** What was answered with success would be there after a power cut now. */
export function checkPromised(world: World, promised: readonly Promised[]): void {
  for (const { record, position } of promised) {
    if (world.disk.keeps(segmentPath(logFolder(world), segmentOf(position)), record.payload)) continue;
    throw new Broken("acknowledged means durable", `the record at ${position} was acknowledged and is not on disk`);
  }
}

/** All of it can be read where it was promised to be; asked after each start. */
export async function checkKept({ lookups }: Running, promised: readonly Promised[]): Promise<void> {
  for (const { record, position } of promised) {
    const found = await lookups.at(position);
    if (found !== null && Buffer.compare(found.payload, record.payload) === 0) continue;
    throw new Broken("acknowledged means durable", `the record at ${position} was acknowledged and cannot be read`);
  }
}

/** Nothing is in the log that nobody sent. */
export function checkSent(clients: Clients, added: readonly { message: string; position: Position }[]): void {
  for (const { message, position } of added) {
    if (clients.mayBeTaken(message)) continue;
    throw new Broken(
      "nothing comes from nowhere",
      `whoever sent the record at ${position} was told that it was not taken`,
    );
  }
}

/** What is decided, against the witness's account. */
export function checkDecided(ledger: Ledger, witness: Witness, { sold }: Clients): void {
  const position = ledger.position();
  expectEqual("every record has one fate", "rejected", ledger.rejected(), witness.rejected);
  expectEqual("every record has one fate", "seen again", ledger.duplicates(), witness.duplicates);
  expectEqual("every record has one fate", `processed up to ${position}`, ledger.processed(), witness.processed.length);
  const records = witness.processed.map(({ record }) => record);
  expectEqual("nothing counts twice", "events", sorted(ledger.events()), sorted(eventsBySource(records)));
  expectEqual("money counts once", "orders", sortedOrders(ledger.orders()), sortedOrders(ordersOf(records, sold)));
  const people = lines(wholeResolution(records, witness.rules()).persons);
  expectEqual("people are those of a whole fold", "people", lines(ledger.people()), people);
}

export function checkBacklog({ running }: Process, witness: Witness, world: World): void {
  if (running === null) return;
  const counted = running.backlog.pending();
  const { pending } = witness;
  // While something is being decided, or is known to be durable and not yet told, it counts as waiting.
  if (counted < pending) throw new Broken("what waits is counted", `${pending} records wait, ${counted} are counted`);
  if (!running.isDeciding()) expectEqual("what waits is counted", "records", counted, pending);
  const calls = witness.waiting().filter(({ record }) => isCall(record)).length;
  const most = world.temper.maxPendingRecords + mostOfOneCall;
  if (calls > most) throw new Broken("overload is told", `${calls} calls wait, and were taken; most ${most}`);
}

/** Calls that a client sends in one go. */
const mostOfOneCall = 4;

export function checkFollowers({ running }: Process, ledger: Ledger): void {
  for (const follower of running?.followers ?? []) {
    const { version } = follower.progress();
    const head = ledger.feedHead();
    if (version > head) throw new Broken("followers follow", `${follower.name} is at ${version}, the feed at ${head}`);
  }
}

export function expectEqual(rule: string, what: string, found: unknown, expected: unknown): void {
  if (isDeepStrictEqual(found, expected)) return;
  const text = (value: unknown): string => JSON.stringify(value).slice(0, 600);
  throw new Broken(rule, `${what}: ${text(found)}, expected ${text(expected)}`);
}

function eventsBySource(records: readonly LogRecord[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { status, source } of records)
    if (status === "accepted") counts.set(source, (counts.get(source) ?? 0) + 1);
  return counts;
}

/** What was truly sold and given back, of the orders and refunds that somebody has told of. */
function ordersOf(records: readonly LogRecord[], sold: Clients["sold"]): ReturnType<Ledger["orders"]> {
  const told = new Map<string, { grossMinor: number; refunds: Set<string> }>();
  for (const record of records) {
    if (record.status !== "accepted" || !/^order[ _]/i.test(record.event ?? "")) continue;
    const { order_id: orderId, refund_id: refundId } = record.body["properties"] as {
      order_id: string;
      refund_id?: string;
    };
    const order = told.get(orderId) ?? { grossMinor: 0, refunds: new Set() };
    told.set(orderId, order);
    if (refundId === undefined) order.grossMinor = sold.orders.get(orderId)?.totalMinor ?? 0;
    else order.refunds.add(refundId);
  }
  return [...told].map(([orderId, { grossMinor, refunds }]) => {
    const refundedMinor = [...refunds].reduce((sum, id) => sum + (sold.refunds.get(id)?.amountMinor ?? 0), 0);
    return { orderId, grossMinor, refundedMinor };
  });
}

function sortedOrders(orders: ReturnType<Ledger["orders"]>): string[] {
  return orders.map(({ orderId, grossMinor, refundedMinor }) => `${orderId} ${grossMinor} ${refundedMinor}`).sort();
}

function sorted(counts: ReadonlyMap<string, number>): string[] {
  return [...counts].map(([name, count]) => `${name} ${count}`).sort();
}
