import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSite, type Site } from "./server.ts";

const root = new URL("../../../", import.meta.url);
const file = fileURLToPath(new URL("../shared/data/retail/online-retail/online_retail.csv", root));
const mapping = fileURLToPath(new URL("examples/online-retail/mapping.json", root));
const isHere = existsSync(file);

let site: Site;
beforeAll(async () => {
  site = await openSite();
  if (isHere) await site.start();
});
afterAll(async () => site.close());

/** Every order as one line of text, by its id. */
async function orders(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (let after = ""; ;) {
    const sql = `SELECT * FROM orders WHERE order_id > '${after}' ORDER BY order_id LIMIT 9000`;
    const rows = await site.reads.query(sql);
    for (const row of rows) found.set(String(row[0]), JSON.stringify(row));
    if (rows.length < 9_000) return found;
    after = String(rows.at(-1)?.[0]);
  }
}

/** What the command says of itself, once every answer holds what it brought. */
async function imported(csv: string): Promise<string> {
  const ended = await site.verb(["import", csv, "--map", mapping, "--json"]);
  expect([ended.code, ended.stderr.includes("error")]).toEqual([0, false]);
  await site.reads.settled();
  return ended.stdout.trim();
}

describe("a real retailer's year of sales, through c360 import", () => {
  it("adds up to the penny; again it changes nothing; a corrected line changes its order only", async (context) => {
    if (!isHere) {
      if (process.env["CI"] === "true") throw new Error("../shared/data/retail/online-retail is not there");
      context.skip("../shared/data/retail/online-retail is not there");
    }
    const first = await imported(file);
    console.log(`first import: ${first}`);
    expect(await site.reads.value("SELECT count(*) FROM orders")).toBe(25_900);
    expect(await site.reads.value("SELECT sum(net_minor) FROM orders")).toBe(974_774_793);
    expect(await site.reads.value("SELECT count(*) FROM order_lines")).toBe(541_909);
    expect(await site.reads.value("SELECT count(*) FROM profiles")).toBe(4_372);
    const people = Number(await site.reads.value("SELECT sum(revenue_minor) FROM profiles"));
    const guests = Number(await site.reads.value("SELECT sum(net_minor) FROM orders WHERE profile_id IS NULL"));
    expect(people + guests).toBe(974_774_793);
    const sales = "SELECT sum(CASE kind WHEN 'sale' THEN value_minor ELSE -value_minor END) FROM order_lines";
    expect(await site.reads.value(sales)).toBe(974_774_793);
    const before = await orders();
    const profile = JSON.stringify(await site.reads.profile("user_id", "17850"));

    const again = await imported(file);
    console.log(`second import: ${again}`);
    expect(digest(await orders())).toBe(digest(before));
    expect(JSON.stringify(await site.reads.profile("user_id", "17850"))).toBe(profile);
    expect(await site.reads.value("SELECT count(*) FROM events")).toBe(25_900);

    const lines = readFileSync(file, "utf8").split("\n");
    const at = lines.findIndex((line) => line.startsWith("536365,85123A,"));
    lines[at] = (lines[at] ?? "").replace(",6,2010", ",7,2010");
    const corrected = join(site.folder, "corrected.csv");
    writeFileSync(corrected, lines.join("\n"));
    await imported(corrected);
    const after = await orders();
    expect([...after].filter(([id, row]) => before.get(id) !== row).map(([id]) => id)).toEqual(["536365"]);
    expect(after.size).toBe(before.size);
    expect(await site.reads.value("SELECT sum(net_minor) FROM orders")).toBe(974_774_793 + 255);
  });
});

function digest(rows: ReadonlyMap<string, string>): string {
  return createHash("sha256")
    .update([...rows.values()].join("\n"))
    .digest("hex");
}
