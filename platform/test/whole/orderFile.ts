import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** A till's export with two lines an order, and what must come of it. */
export interface OrderFile {
  file: string;
  mapping: string;
  orders: number;
  netMinor: number;
  people: number;
}

const mapping = {
  version: 1,
  source: { id: "till", kind: "pos" },
  format: { type: "csv" },
  time: { column: "at", format: "iso", zone: "UTC" },
  identifiers: [{ type: "loyalty_card", column: "card" }],
  events: [{ type: "track", event: "Order Completed", properties: { order_id: "receipt" } }],
  properties: { currency: { constant: "GBP" } },
  group: {
    by: ["receipt"],
    lines: {
      path: "products",
      properties: {
        sku: "sku",
        price: { column: "price", type: "number", required: true },
        quantity: { column: "qty", type: "number", required: true },
      },
    },
  },
};

/** `number` keeps the orders of several files apart; each card has three orders. */
export function writeOrderFile(folder: string, number: number, orders: number): OrderFile {
  const lines = ["receipt,sku,qty,price,at,card"];
  let netMinor = 0;
  for (let n = 0; n < orders; n++) {
    const receipt = `R${number}-${n}`;
    const card = `CARD-${number}-${Math.floor(n / 3)}`;
    const at = new Date(Date.UTC(2026, 0, 1) + n * 60_000).toISOString();
    for (const [line, sku] of ["tea", "mug"].entries()) {
      const priceMinor = 101 + ((n * 13 + line * 7 + number) % 997);
      const quantity = 1 + ((n + line) % 4);
      netMinor += priceMinor * quantity;
      lines.push(`${receipt},${sku},${quantity},${(priceMinor / 100).toFixed(2)},${at},${card}`);
    }
  }
  const file = join(folder, `till-${number}.csv`);
  const mappingFile = join(folder, "till.mapping.json");
  writeFileSync(file, `${lines.join("\n")}\n`);
  writeFileSync(mappingFile, JSON.stringify(mapping));
  return { file, mapping: mappingFile, orders, netMinor, people: Math.ceil(orders / 3) };
}
