import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readParquetRows } from "../adapters/embedded/importReader/parquetRows.ts";
import type { JsonObject } from "../model/event.ts";
import { type FileImportOptions, openFileImport, type Reject } from "./importFile.ts";
import { parseMapping } from "./mapping.ts";
import { runs } from "../../test/runs.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "c360-import-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const nowMs = Date.UTC(2024, 0, 1);
const orders = {
  version: 1,
  time: { column: "at", zone: "Europe/London" },
  identifiers: [
    { type: "user_id", column: "customer", transforms: ["integer"] },
    { type: "email", column: "email" },
  ],
  events: [
    {
      when: { column: "invoice", startsWith: "C" },
      type: "track",
      event: "Order Refunded",
      properties: { refund_id: "invoice" },
      negate: ["quantity"],
    },
    { type: "track", event: "Order Completed", properties: { order_id: "invoice" } },
  ],
  properties: { currency: { constant: "GBP" }, "shipping.country": "country" },
  group: {
    by: ["invoice"],
    time: "earliest",
    lines: {
      properties: {
        sku: "sku",
        price: { column: "price", type: "number", required: true },
        quantity: { column: "qty", type: "number", required: true },
      },
    },
  },
};
const clicks = {
  version: 1,
  time: { column: "at", format: "unix" },
  identifiers: [{ type: "anonymous_id", column: "visitor" }],
  events: [
    { when: { column: "name", oneOf: ["bot"] }, skip: true },
    { when: { column: "name", equals: "view" }, type: "page", event: { column: "page" } },
    { type: "track", event: { column: "name" } },
  ],
  properties: { value: { column: "value", type: "number" } },
};
const header = "invoice,sku,qty,price,at,customer,email,country";
const lines = [
  "1,a,2,2.55,2011-07-01 10:00:00,17850.0,,UK",
  "2,b,1,1.00,2011-07-01 11:00:00,,,France",
  "1,b,1,0.10,2011-07-01 10:01:00,17850.0,ada@example.com,UK",
  "C3,a,-1,2.55,2011-01-01 10:00:00,17850.0,,UK",
];

interface Imported {
  calls: JsonObject[];
  rejects: Reject[];
  counts: { lines: number; skippedLines: number; rejectedLines: number; events: number };
}

async function imported(
  name: string,
  content: string | Uint8Array | null,
  mapping: object,
  more: Partial<FileImportOptions> = {},
): Promise<Imported> {
  const file = join(folder, name);
  if (content !== null) writeFileSync(file, content);
  const rejects: Reject[] = [];
  const opened = await openFileImport({
    file,
    mapping: parseMapping(JSON.stringify(mapping)),
    nowMs,
    readParquet: readParquetRows,
    onReject: (reject) => rejects.push(reject),
    ...more,
  });
  try {
    await opened.read();
    const calls: JsonObject[] = [];
    for await (const { call, bytes } of opened.events()) {
      expect(bytes).toBeGreaterThanOrEqual(Buffer.byteLength(JSON.stringify(call)));
      calls.push(call);
    }
    return { calls, rejects, counts: { ...opened.counts } };
  } finally {
    await opened.close();
  }
}
const csv = (...rows: string[]) => `${[header, ...rows].join("\n")}\n`;
const ids = ({ calls }: Imported) => calls.map(({ messageId }) => messageId);
const told = ({ rejects }: Imported) => rejects.map(({ line, column, code }) => [line, column, code]);

describe("a file of orders", () => {
  it("becomes one event an order, of lines that stand apart", async () => {
    const { calls, counts } = await imported("a.csv", csv(...lines), orders);
    expect(counts).toEqual({ lines: 4, skippedLines: 0, rejectedLines: 0, events: 3 });
    expect(calls).toEqual([
      {
        messageId: expect.stringMatching(/^import-[\w-]{32}$/),
        type: "track",
        event: "Order Completed",
        timestamp: "2011-07-01T09:00:00.000Z",
        userId: "17850",
        context: { externalIds: [{ id: "ada@example.com", type: "email" }] },
        properties: {
          order_id: "1",
          currency: "GBP",
          shipping: { country: "UK" },
          products: [
            { sku: "a", price: 2.55, quantity: 2 },
            { sku: "b", price: 0.1, quantity: 1 },
          ],
        },
      },
      {
        messageId: expect.any(String),
        type: "track",
        event: "Order Completed",
        timestamp: "2011-07-01T10:00:00.000Z",
        properties: {
          order_id: "2",
          currency: "GBP",
          shipping: { country: "France" },
          products: [{ sku: "b", price: 1, quantity: 1 }],
        },
      },
      {
        messageId: expect.any(String),
        type: "track",
        event: "Order Refunded",
        timestamp: "2011-01-01T10:00:00.000Z",
        userId: "17850",
        properties: {
          refund_id: "C3",
          currency: "GBP",
          shipping: { country: "UK" },
          products: [{ sku: "a", price: 2.55, quantity: 1 }],
        },
      },
    ]);
  });

  it("gives the same events as CSV, NDJSON and Parquet, gzipped, in UTF-16 or with other marks", async () => {
    const expected = (await imported("a.csv", csv(...lines), orders)).calls;
    const keys = header.split(",");
    const objects = lines.map((line) =>
      Object.fromEntries(
        line
          .split(",")
          .map((cell, i) => [
            keys[i] ?? "",
            ["qty", "price", "customer"].includes(keys[i] ?? "") ? numberOrNull(cell) : cell,
          ]),
      ),
    );
    const ndjson = objects.map((object) => `${JSON.stringify(object)}\r\n`).join("");
    await writeParquet(join(folder, "a.csv"), join(folder, "a.parquet"));
    const german = csv(
      ...lines.map((line) =>
        line.replace(/(\d)\.(\d\d),/, '"$1,$2",').replaceAll(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/g, ";"),
      ),
    );
    const variants: [string, string | Uint8Array | null, object][] = [
      ["a.ndjson", ndjson, orders],
      ["a.jsonl.gz", gzipSync(ndjson), orders],
      ["a.parquet", null, orders],
      ["a.csv.gz", gzipSync(csv(...lines)), orders],
      [
        "b.txt",
        Buffer.from(`\uFEFF${csv(...lines)}`, "utf16le"),
        { ...orders, format: { type: "csv", encoding: "utf-16le" } },
      ],
      ["c.csv", lines.join("\r\n"), { ...orders, format: { type: "csv", header: false, columns: keys } }],
      [
        "d.csv",
        german.replace(header, header.replaceAll(",", ";")),
        { ...orders, format: { type: "csv", delimiter: ";" }, numbers: { decimal: "," } },
      ],
    ];
    for (const [name, content, mapping] of variants) {
      const found = await imported(name, content, mapping);
      expect([name, found.rejects, found.calls]).toEqual([name, [], expected]);
    }
  });

  it("takes the time that the mapping says", async () => {
    const rows = ["1,a,1,1,2011-01-01 10:00:00,,,", "1,a,1,1,2011-01-01 09:00:00,,,", "1,a,1,1,2011-01-01 11:00:00,,,"];
    for (const [time, expected] of [
      ["first", "10"],
      ["earliest", "09"],
      ["latest", "11"],
    ])
      expect(
        (await imported("a.csv", csv(...rows), { ...orders, group: { ...orders.group, time } })).calls,
      ).toMatchObject([{ timestamp: `2011-01-01T${expected}:00:00.000Z` }]);
  });

  it("keeps lines that are equal, and writes no −0", async () => {
    const { calls } = await imported("a.csv", csv("C1,a,0,1,2011-01-01,,,", "C1,a,0,1,2011-01-01,,,"), orders);
    const line = { sku: "a", price: 1, quantity: 0 };
    expect(calls.map(({ properties }) => properties)).toEqual([
      { refund_id: "C1", currency: "GBP", products: [line, line] },
    ]);
  });
});

function numberOrNull(cell: string): number | null {
  return cell === "" ? null : Number(cell);
}

async function writeParquet(from: string, to: string): Promise<void> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const types = "{'invoice': 'VARCHAR', 'customer': 'DOUBLE', 'at': 'TIMESTAMP', 'email': 'VARCHAR'}";
  await connection.run(`COPY (FROM read_csv('${from}', header = true, types = ${types})) TO '${to}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
}

describe("the id of an imported event", () => {
  const order = fc.record({
    number: fc.integer({ min: 1, max: 6 }),
    sku: fc.constantFrom("a", "b"),
    qty: fc.integer({ min: 1, max: 2 }),
  });
  const rowOf = ({ number, sku, qty }: { number: number; sku: string; qty: number }) =>
    `${number},${sku},${qty},1.5,2011-01-01 10:00:00,${number},,UK`;

  it("does not depend on where in the file a row stands", async () => {
    const shuffled = fc
      .array(order, { minLength: 1, maxLength: 12 })
      .chain((rows) => fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length })));
    await fc.assert(
      fc.asyncProperty(shuffled, async ([rows, others]) => {
        const before = ids(await imported("a.csv", csv(...rows.map(rowOf)), orders));
        const after = ids(
          await imported("a.csv", csv(...others.map(rowOf)), orders, { maxMemoryChars: 0, temporaryFolder: folder }),
        );
        expect(new Set(after)).toEqual(new Set(before));
        expect(after).toHaveLength(before.length);
        expect(new Set(before).size).toBe(new Set(rows.map(({ number }) => number)).size);
      }),
      { numRuns: runs(40) },
    );
  });

  it("changes for exactly the order that is corrected", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(order, { minLength: 1, maxLength: 12 }), fc.nat(), async (rows, at) => {
        const index = at % rows.length;
        const corrected = rows.map((row, i) => (i === index ? { ...row, qty: row.qty + 5 } : row));
        const before = await imported("a.csv", csv(...rows.map(rowOf)), orders);
        const after = await imported("a.csv", csv(...corrected.map(rowOf)), orders);
        const changed = after.calls.filter(({ messageId }) => !ids(before).includes(messageId));
        expect(changed).toHaveLength(1);
        expect(changed[0]).toMatchObject({ properties: { order_id: String(rows[index]?.number) } });
      }),
      { numRuns: runs(40) },
    );
  });

  it("tells equal rows apart, and gives them the same ids again", async () => {
    const view = "1700000000,v1,view,home,\n";
    const file = `at,visitor,name,page,value\n${view}${view}1700000000,v2,view,home,\n${view}`;
    const first = await imported("a.csv", file, clicks);
    expect(new Set(ids(first)).size).toBe(4);
    expect(first.calls.map(({ anonymousId }) => anonymousId)).toEqual(["v1", "v1", "v1", "v2"]);
    const again = await imported(
      "a.csv",
      `at,visitor,name,page,value\n${view}1700000000,v2,view,home,\n${view}${view}`,
      clicks,
    );
    expect(ids(again)).toHaveLength(4);
    expect(new Set(ids(again))).toEqual(new Set(ids(first)));
    const fewer = await imported("a.csv", `at,visitor,name,page,value\n${view}`, clicks);
    expect(ids(first)).toContain(ids(fewer)[0]);
  });

  it("does not change with the order of the mapping's keys, or with another rule", async () => {
    const before = ids(await imported("a.csv", csv(...lines), orders));
    const [refund, sale] = orders.events;
    const turned = {
      ...orders,
      identifiers: orders.identifiers.toReversed(),
      properties: Object.fromEntries(Object.entries(orders.properties).toReversed()),
      events: [{ when: { column: "sku", equals: "none" }, skip: true }, refund, sale],
    };
    expect(ids(await imported("a.csv", csv(...lines), turned))).toEqual(before);
  });

  it("stays what it was in earlier versions: another would import every file again", async () => {
    expect(ids(await imported("a.csv", csv(...lines), orders))).toMatchInlineSnapshot(`
      [
        "import-wPbQGN54ENLylmeSDuXPCPgtH7F5sWZk",
        "import-F3zMJGy5DHwIFOgSIc6PiQmoz2p1Hpxx",
        "import-udZRSCqlT3tcE5U-AWJda8IG-uIEPNm5",
      ]
    `);
  });
});

describe("rows that are no orders", () => {
  it("become calls by the mapping's conditions, or are left out", async () => {
    const rows = ["1700000000,v1,view,home,", "1700000001,v1,search,,2.5", "1700000002,v9,bot,home,"];
    const { calls, counts } = await imported("a.csv", `at,visitor,name,page,value\n${rows.join("\n")}`, clicks);
    expect(counts).toEqual({ lines: 3, skippedLines: 1, rejectedLines: 0, events: 2 });
    expect(calls).toMatchObject([
      { type: "page", name: "home", anonymousId: "v1", timestamp: "2023-11-14T22:13:20.000Z", properties: {} },
      { type: "track", event: "search", properties: { value: 2.5 } },
    ]);
  });

  it("identify customers", async () => {
    const mapping = {
      version: 1,
      time: { column: "changed", format: "dd/MM/yyyy", zone: "UTC" },
      identifiers: [{ type: "crm_id", column: "id", required: true }],
      events: [{ type: "identify" }],
      traits: {
        firstName: "first",
        "address.city": "city",
        vip: { column: "vip", type: "boolean" },
        tags: { column: "tags", type: "json" },
      },
    };
    const file =
      '{"id":7,"first":"Ada","city":"London","vip":true,"tags":["a"],"changed":"01/02/2020"}\n{"first":"X","changed":"01/02/2020"}\n';
    const found = await imported("a.ndjson", file, mapping);
    expect(found.calls).toMatchObject([
      {
        type: "identify",
        timestamp: "2020-02-01T00:00:00.000Z",
        context: { externalIds: [{ id: "7", type: "crm_id" }] },
        traits: { firstName: "Ada", address: { city: "London" }, vip: true, tags: ["a"] },
      },
    ]);
    expect(told(found)).toEqual([[2, "id", "value_missing"]]);
  });

  it("read paths into NDJSON, and refuse what is no object or no exact number", async () => {
    const mapping = {
      version: 1,
      time: { column: "meta.at", format: "unix_ms" },
      events: [{ type: "track", event: "E" }],
      properties: { id: "meta.id", "a.b": "a.b" },
    };
    const rows = [
      '{"meta":{"at":1700000000000,"id":1},"a.b":"dotted"}',
      "[]",
      "{",
      "",
      "null",
      '{"meta":{"at":1700000000000,"id":12345678901234567890}}',
      '{"meta":7}',
      '{"meta":{"at":1700000000000,"id":"x\\u0000"}}',
      `{"meta":{"at":1700000000000},"a":${"[".repeat(50_000)}${"]".repeat(50_000)}}`,
    ];
    const found = await imported("a.ndjson", rows.join("\n"), mapping);
    expect(found.calls).toMatchObject([{ properties: { id: "1", a: { b: "dotted" } } }, { properties: {} }]);
    expect(told(found)).toEqual([
      [2, undefined, "not_an_object"],
      [3, undefined, "not_an_object"],
      [5, undefined, "not_an_object"],
      [6, "meta.id", "number_too_large"],
      [7, "meta.at", "value_missing"],
      [8, "meta.id", "text_invalid"],
    ]);
  });
});

describe("faulty lines", () => {
  const good = (number: number) => `${number},a,1,1,2011-01-01,,,`;

  it.each<[row: string, column: string | undefined, code: string]>([
    ["1,b,x,1,2011-01-01,,,", "qty", "not_a_number"],
    ["1,b,NaN,1,2011-01-01,,,", "qty", "not_a_number"],
    ["1,b,,1,2011-01-01,,,", "qty", "value_missing"],
    ["1,b,1,1,yesterday,,,", "at", "not_a_time"],
    ["1,b,1,1,,,,", "at", "value_missing"],
    ["1,b,1,1,1066-10-14,,,", "at", "time_out_of_range"],
    ["1,b,1,1,2024-01-03,,,", "at", "time_out_of_range"],
    ["1,b,1,1,2011-01-01,abc,,", "customer", "not_an_integer"],
    [`1,b,1,1,2011-01-01,,${"x".repeat(300)},`, "email", "identifier_too_long"],
    ["1,b,1,1,2011-01-01,,", undefined, "wrong_column_count"],
    ['1,b,1,1,2011-01-01,,,"x', undefined, "quote_unclosed"],
    ['1,"b"c,1,1,2011-01-01,,,', undefined, "quote_misplaced"],
    ["1,b\0,1,1,2011-01-01,,,", undefined, "text_invalid"],
  ])("%.30j takes its whole order with it, and no other", async (row, column, code) => {
    const found = await imported("a.csv", csv(good(1), good(2), row, good(1)), orders);
    expect(found.calls.map(({ properties }) => properties)).toMatchObject([{ order_id: "2" }]);
    expect(told(found)).toEqual([
      [2, undefined, "order_rejected"],
      [4, column, code],
      [5, undefined, "order_rejected"],
    ]);
    expect(found.rejects[0]?.message).toContain("line 4");
    expect(found.counts).toMatchObject({ lines: 4, rejectedLines: 3, events: 1 });
  });

  it("without a key are refused alone", async () => {
    const found = await imported("a.csv", csv(good(1), ",b,1,1,2011-01-01,,,", good(2)), orders);
    expect(told(found)).toEqual([[3, "invoice", "value_missing"]]);
    expect(found.counts).toMatchObject({ rejectedLines: 1, events: 2 });
  });

  it("of an order that is larger than an event are told once", async () => {
    const big = Array.from({ length: 30 }, () => `1,${"x".repeat(40_000)},1,1,2011-01-01,,,`);
    const found = await imported("a.csv", csv(...big, good(2)), orders);
    expect(told(found)).toEqual([[2, undefined, "event_too_large"]]);
    expect(found.counts).toMatchObject({ lines: 31, rejectedLines: 30, events: 1 });
  });

  it("never show a value", async () => {
    const secret = "s3cr3t";
    const rows = [
      `1,b,${secret},1,2011-01-01,,,`,
      `2,b,1,1,${secret},,,`,
      `3,b,1,1,2011-01-01,${secret},,`,
      `4,${secret}`,
    ];
    const found = await imported("a.csv", csv(...rows), orders);
    expect(found.rejects).toHaveLength(4);
    expect(JSON.stringify(found.rejects)).not.toContain(secret);
  });

  it("that no event takes are told", async () => {
    const mapping = { ...orders, events: orders.events.slice(0, 1) };
    expect(told(await imported("a.csv", csv(good(1)), mapping))).toEqual([[2, undefined, "no_event"]]);
  });

  it("of any kind end nothing: the rest is imported", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const file = Buffer.concat([Buffer.from(csv(good(99_991))), bytes, Buffer.from(`\n${good(99_992)}\n`)]);
        const { calls, counts } = await imported("a.csv", file, orders);
        const numbers = calls.map(({ properties }) => (properties as JsonObject)["order_id"]);
        expect(numbers).toEqual(expect.arrayContaining(["99991", "99992"]));
        expect(counts.lines).toBeGreaterThanOrEqual(2);
      }),
      { numRuns: runs(200) },
    );
  });
});

describe("a file that cannot be imported at all", () => {
  const wrong: [
    name: string,
    file: string,
    content: string | Uint8Array | null,
    mapping: object,
    code: string,
    hint: RegExp,
  ][] = [
    ["is missing", "none.csv", null, orders, "file_missing", /path/],
    ["has an unknown name", "a.xls", "x", orders, "format_unknown", /format/],
    ["is empty", "a.csv", "", orders, "header_missing", /header/],
    ["lacks a column", "a.csv", "invoice,sku\n1,2\n", orders, "column_missing", /spelling/],
    ["has another delimiter", "a.csv", header.replaceAll(",", ";"), orders, "column_missing", /format\.delimiter/],
    ["has a column twice", "a.csv", `${header},qty\n`, orders, "column_repeated", /name/],
    [
      "ends its lines in CR",
      "a.csv",
      `${header.replaceAll(",", "\t")}\r1\t2\r`,
      { ...orders, format: { type: "csv", delimiter: "|" } },
      "column_missing",
      /delimiter|CR/,
    ],
    ["has a broken header", "a.csv", `"${header}\n`, orders, "header_missing", /first line/],
    [
      "has another encoding",
      "a.csv",
      Buffer.from(`\uFEFF${header}\n`, "utf16le"),
      orders,
      "encoding_wrong",
      /utf-16le/,
    ],
    ["is no gzip", "a.csv.gz", "x", orders, "file_unreadable", /gzip/],
    ["is cut off gzip", "a.csv.gz", gzipSync(csv(...lines)).subarray(0, 60), orders, "file_unreadable", /gzip/],
    ["is no Parquet", "a.parquet", "PAR1 not", orders, "file_unreadable", /Parquet/],
  ];
  it.each(wrong)("because it %s says so and what to do", async (_, file, content, mapping, code, hint) => {
    await expect(imported(file, content, mapping)).rejects.toMatchObject({ code, hint: expect.stringMatching(hint) });
  });

  it("because its Parquet lacks a column says so", async () => {
    writeFileSync(join(folder, "b.csv"), csv(...lines));
    await writeParquet(join(folder, "b.csv"), join(folder, "b.parquet"));
    const mapping = { ...orders, properties: { x: "no_such" } };
    await expect(imported("b.parquet", null, mapping)).rejects.toMatchObject({
      code: "column_missing",
      field: "no_such",
    });
  });

  it("leaves nothing on disk", async () => {
    await expect(
      imported(
        "a.csv.gz",
        gzipSync(csv(...Array.from({ length: 50_000 }, (_, i) => `${i},a,1,${i * 7_919},2011-01-01,,,`))).subarray(
          0,
          90_000,
        ),
        orders,
        {
          maxMemoryChars: 0,
          temporaryFolder: folder,
        },
      ),
    ).rejects.toMatchObject({ code: "file_unreadable" });
    expect(readdirSync(folder)).toEqual(["a.csv.gz"]);
  });
});

it("a file with a header and nothing else is imported: it has no lines", async () => {
  for (const content of [header, `${header}\r\n\r\n`])
    expect((await imported("a.csv", content, orders)).counts).toEqual({
      lines: 0,
      skippedLines: 0,
      rejectedLines: 0,
      events: 0,
    });
  expect((await imported("a.ndjson", "", orders)).counts.lines).toBe(0);
});
