import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { readParquetRows } from "../adapters/embedded/importReader/parquetRows.ts";
import type { JsonObject } from "../model/event.ts";
import { openFileImport, type Reject } from "./importFile.ts";
import { parseMapping } from "./mapping.ts";

const root = new URL("../../../", import.meta.url);
const file = fileURLToPath(new URL("../shared/data/retail/online-retail/online_retail.csv", root));
const mapping = parseMapping(readFileSync(new URL("examples/online-retail/mapping.json", root), "utf8"));

interface Line {
  sku: string;
  price: number;
  quantity: number;
}
const propertiesOf = (call: JsonObject) =>
  call["properties"] as { products: Line[] } & { [name in "refund_id" | "order_id"]?: string } & JsonObject;

/** Price × quantity in pence, from the numbers' decimal text by integers alone, rounded half up. */
function pence({ price, quantity }: Line): bigint {
  const [whole = "0", fraction = ""] = String(price).split(".");
  const digits = Math.max(fraction.length, 2);
  const scaled = BigInt(whole + fraction.padEnd(digits, "0")) * BigInt(quantity);
  const unit = 10n ** BigInt(digits - 2);
  const doubled = scaled * 2n + unit;
  // Towards minus infinity, where BigInt divides towards zero.
  return doubled / (unit * 2n) - (doubled < 0n && doubled % (unit * 2n) !== 0n ? 1n : 0n);
}

async function importOnlineRetail(maxMemoryChars?: number) {
  const rejects: Reject[] = [];
  const opened = await openFileImport({
    file,
    mapping,
    nowMs: Date.UTC(2024, 0, 1),
    readParquet: readParquetRows,
    onReject: (reject) => rejects.push(reject),
    ...(maxMemoryChars === undefined ? {} : { maxMemoryChars }),
  });
  try {
    const started = performance.now();
    await opened.read();
    const calls: JsonObject[] = [];
    for await (const { call } of opened.events()) calls.push(call);
    const seconds = (performance.now() - started) / 1_000;
    return { calls, rejects, counts: { ...opened.counts }, linesPerSecond: opened.counts.lines / seconds };
  } finally {
    await opened.close();
  }
}

it("a real retailer's year of sales adds up to the penny", async (context) => {
  if (!existsSync(file)) {
    expect(process.env["CI"], `${file} is missing`).not.toBe("true");
    context.skip("../shared/data is not beside the checkout");
  }
  const { calls, rejects, counts, linesPerSecond } = await importOnlineRetail();
  expect(rejects).toEqual([]);
  expect(counts).toEqual({ lines: 541_909, skippedLines: 0, rejectedLines: 0, events: 25_900 });

  const refunds = calls.filter(({ event }) => event === "Order Refunded");
  const sales = calls.filter(({ event }) => event === "Order Completed");
  expect([refunds.length, sales.length]).toEqual([3_836, 22_064]);
  for (const call of refunds) {
    const { refund_id: refundId, order_id: orderId, products } = propertiesOf(call);
    expect([refundId?.[0], orderId]).toEqual(["C", undefined]);
    expect(products.every(({ quantity }) => quantity > 0)).toBe(true);
  }
  expect(new Set(calls.map(({ messageId }) => messageId)).size).toBe(25_900);
  expect(new Set(sales.map((call) => propertiesOf(call).order_id)).size).toBe(22_064);
  expect(new Set(calls.map(({ userId }) => userId).filter((id) => id !== undefined)).size).toBe(4_372);

  const lines = calls.flatMap((call) => propertiesOf(call).products);
  expect(lines).toHaveLength(541_909);
  expect(lines.filter(({ quantity }) => quantity < 0)).toHaveLength(1_336);
  const total = (of: readonly JsonObject[]) =>
    of.flatMap((call) => propertiesOf(call).products).reduce((sum, line) => sum + pence(line), 0n);
  expect(total(sales) - total(refunds)).toBe(974_774_793n);

  const adjustment = sales.filter((call) => propertiesOf(call).order_id?.startsWith("A"));
  expect(adjustment.map((call) => total([call]))).toEqual([1_106_206n, -1_106_206n, -1_106_206n]);
  expect(calls[0]?.["timestamp"]).toBe("2010-12-01T08:26:00.000Z");
  console.log(`online_retail.csv: ${Math.round(linesPerSecond).toLocaleString("en-US")} lines/s read and mapped`);
  // A guard against becoming slow; docs/import.md has what was measured on an idle machine.
  expect(linesPerSecond).toBeGreaterThan(20_000);

  const spilled = await importOnlineRetail(8_000_000);
  const ids = (of: readonly JsonObject[]) => new Set(of.map(({ messageId }) => messageId));
  expect(ids(spilled.calls)).toEqual(ids(calls));
});
