import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ColumnType } from "../identity/linkage/columnType.ts";
import { parseLinkageModel } from "../identity/linkage/parseModel.ts";
import { csvText, type FakeRecord, fakeRecords, plainColumns } from "../identity/linkage/people.fake.ts";
import { linkFiles, type LinkedFiles } from "./linkFiles.ts";

const records = fakeRecords(300, 1);
let dir: string;
let plainFile: string;
/** Linked once: many tests look at what comes of it. */
let plain: LinkedFiles;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "c360-link-test-"));
  plainFile = file("plain.csv", records);
  plain = await linkFiles({
    tables: [{ file: plainFile, label: "table_0", idColumn: "customer_id" }],
    truthColumn: "person",
    types: new Map(),
  });
});
afterAll(() => {
  plain.close();
  rmSync(dir, { recursive: true, force: true });
});

type Columns = Readonly<Record<string, (record: FakeRecord) => string>>;

function file(name: string, of: readonly FakeRecord[], columns: Columns = plainColumns): string {
  const path = join(dir, name);
  writeFileSync(path, csvText(of, columns));
  return path;
}

async function linked<T>(
  files: readonly { file: string; idColumn?: string }[],
  work: (found: LinkedFiles) => Promise<T>,
  more: { types?: Record<string, ColumnType>; truthColumn?: string | null; model?: LinkedFiles["model"] } = {},
): Promise<T> {
  const found = await linkFiles({
    tables: files.map(({ file: path, idColumn = "customer_id" }, at) => ({
      file: path,
      label: `table_${at}`,
      idColumn,
    })),
    truthColumn: more.truthColumn === undefined ? "person" : more.truthColumn,
    types: new Map(Object.entries(more.types ?? {})),
    ...(more.model === undefined ? {} : { model: more.model }),
  });
  try {
    return await work(found);
  } finally {
    found.close();
  }
}

const f1Of = async (found: LinkedFiles): Promise<number> => (await found.measure()).clusters.f1;
/** Records that are together, as sorted ids, whatever the clusters are called. */
function partition(csv: string): string[] {
  const clusters = new Map<string, string[]>();
  for (const line of csv.trim().split("\n").slice(1)) {
    const [, id = "", cluster = ""] = line.split(",");
    clusters.set(cluster, [...(clusters.get(cluster) ?? []), id]);
  }
  return [...clusters.values()].map((ids) => ids.sort().join(" ")).sort();
}

describe("linking a table", () => {
  it("finds who is who among households, slips and missing values", async () => {
    const { clusters, pairs } = await plain.measure();
    expect(clusters.f1).toBeGreaterThan(0.96);
    expect(clusters.bCubed.f1).toBeGreaterThan(0.96);
    expect(clusters.blockingRecall).toBeGreaterThan(0.97);
    expect(clusters.largestCluster).toBeLessThanOrEqual(6);
    expect(pairs.precision).toBeGreaterThan(0.95);
  });

  it("does not look at the truth", async () => {
    const columns: Columns = { ...plainColumns, person: ({ id }) => id };
    const path = file("untrue.csv", records, columns);
    expect(await linked([{ file: path }], async (found) => [...found.clusters])).toEqual([...plain.clusters]);
  });

  it("gives the same people whatever the order of rows and columns", async () => {
    const written = async (found: LinkedFiles): Promise<string[]> => {
      await found.writeClusters(join(dir, "out.csv"));
      return partition(readFileSync(join(dir, "out.csv"), "utf8"));
    };
    const first = await written(plain);
    const columns = Object.fromEntries(Object.entries(plainColumns).reverse());
    const other = await linked([{ file: file("turned.csv", records.toReversed(), columns) }], written);
    // Which random pairs stand for strangers depends on the order; a few pairs at the edge may fall to the other side.
    const same = other.filter((cluster) => first.includes(cluster)).length;
    expect(same / first.length).toBeGreaterThan(0.99);
    expect(await linked([{ file: plainFile }], written)).toEqual(first);
  });

  it.each<[string, Columns, string]>([
    [
      "German headers, whole names, dates with the day first",
      {
        Kundennummer: ({ id }) => id,
        person: ({ person }) => person,
        Name: ({ given, surname }) => `${surname}, ${given}`,
        Geburtsdatum: ({ birth }) => birth.split("-").reverse().join("."),
        Straße: ({ street }) => street,
        PLZ: ({ postcode }) => postcode,
        Ort: ({ city }) => city,
        "E-Mail": ({ email }) => email,
        Telefon: ({ phone }) => phone,
      },
      "Kundennummer",
    ],
    [
      "headers that say nothing of e-mail, phone and date",
      {
        id: ({ id }) => id,
        person: ({ person }) => person,
        prenom: ({ given }) => given,
        nom: ({ surname }) => surname,
        a: ({ birth }) => birth,
        b: ({ email }) => email,
        c: ({ phone }) => phone,
      },
      "id",
    ],
  ])("understands %s", async (name, columns, idColumn) => {
    expect(await linked([{ file: file(`${name.slice(0, 8)}.csv`, records, columns), idColumn }], f1Of)).toBeGreaterThan(
      0.93,
    );
  });

  it("does with columns left out what it can", async () => {
    const without = (...names: string[]): Record<string, ColumnType> =>
      Object.fromEntries(names.map((name) => [name, "ignore"]));
    const noContact = await linked([{ file: plainFile }], f1Of, { types: without("email", "phone") });
    const noNames = await linked([{ file: plainFile }], f1Of, { types: without("first_name", "last_name") });
    expect([noContact > 0.85, noNames > 0.85]).toEqual([true, true]);
  });

  it("needs few records", async () => {
    const some = records.slice(0, 1);
    const path = file("one.csv", some);
    expect(await linked([{ file: path }], async (found) => [...found.clusters])).toEqual([0]);
    expect(await linked([{ file: file("none.csv", []) }], async (found) => [...found.clusters])).toEqual([]);
    const ada: FakeRecord = {
      id: "1",
      person: "a",
      given: "Ada",
      surname: "Lovelace",
      birth: "1985-12-10",
      street: "",
      city: "London",
      postcode: "",
      email: "ada85@example.com",
      phone: "",
    };
    const three = [
      ada,
      { ...ada, id: "2", surname: "Lovelase", email: "" },
      { ...ada, id: "3", given: "Charles", surname: "Babbage", birth: "1991-12-26", email: "" },
    ];
    expect(await linked([{ file: file("three.csv", three) }], async (found) => [...found.clusters])).toEqual([0, 0, 2]);
  });
});

describe("linking two tables", () => {
  it("finds people in both, though the columns are called otherwise", async () => {
    const left = file(
      "left.csv",
      records.filter((_, at) => at % 2 === 0),
    );
    const right = file(
      "right.csv",
      records.filter((_, at) => at % 2 === 1),
      {
        nr: ({ id }) => id,
        person: ({ person }) => person,
        surname: ({ surname }) => surname,
        forename: ({ given }) => given,
        dob: ({ birth }) => birth,
        zip: ({ postcode }) => postcode,
        town: ({ city }) => city,
        address: ({ street }) => street,
        mail: ({ email }) => email,
        mobile: ({ phone }) => phone,
      },
    );
    const { f1, lines } = await linked([{ file: left }, { file: right, idColumn: "nr" }], async (found) => {
      await found.writeClusters(join(dir, "both.csv"));
      return { f1: await f1Of(found), lines: readFileSync(join(dir, "both.csv"), "utf8").trim().split("\n") };
    });
    expect(f1).toBeGreaterThan(0.95);
    expect(lines[0]).toBe("table,record_id,cluster_id");
    expect(lines).toHaveLength(records.length + 1);
    expect(lines.filter((line) => line.startsWith("table_1,"))).toHaveLength(Math.floor(records.length / 2));
  });
});

describe("a linkage model", () => {
  it("finds the same again in the tables that it was learned from, and as good as that in others", async () => {
    const model = await parseLinkageModel(JSON.stringify(plain.model));
    const again = await linked([{ file: plainFile }], async (found) => [...found.clusters], { model });
    const agreeing = again.filter((cluster, at) => cluster === plain.clusters[at]).length;
    expect(agreeing / again.length).toBeGreaterThan(0.99);
    expect(await linked([{ file: file("others.csv", fakeRecords(200, 2)) }], f1Of, { model })).toBeGreaterThan(0.95);
  });

  it("is refused for tables that it was not made for", async () => {
    const { model } = plain;
    const without = {
      ...model,
      columns: model.columns.map((table) => table.filter(({ name }) => name !== "phone")),
      comparisons: model.comparisons.filter(({ name }) => name !== "phone"),
    };
    expect(without.comparisons.length).toBeLessThan(model.comparisons.length);
    await expect(linked([{ file: plainFile }], async () => undefined, { model: without })).rejects.toMatchObject({
      code: "linkage_model_mismatch",
      field: "phone",
    });
  });
});

describe("what is written", () => {
  it("are all pairs with their probability, and the way to it", async () => {
    await plain.writePairs(join(dir, "pairs.csv"));
    const [head, ...lines] = readFileSync(join(dir, "pairs.csv"), "utf8").trim().split("\n");
    expect(head).toBe("left_table,left_id,right_table,right_id,probability,accepted");
    expect(lines).toHaveLength(plain.pairs);
    const told = lines.map((line) => line.split(","));
    expect(told.every(([, , , , probability, accepted]) => (accepted === "true") === Number(probability) >= 0.9)).toBe(
      true,
    );
    let explained = 0;
    for await (const { priorWeight, steps, weight, probability, left, right } of plain.explained(0.5)) {
      expect(told[explained]?.slice(0, 4)).toEqual([left.table, left.id, right.table, right.id]);
      expect(steps.reduce((sum, step) => sum + step.weight, priorWeight)).toBeCloseTo(weight, 6);
      expect(probability).toBeGreaterThanOrEqual(0.5);
      explained++;
    }
    expect(explained).toBe(told.filter(([, , , , probability]) => Number(probability) >= 0.5).length);
  });
});

describe("what cannot be linked", () => {
  it.each<[string, string, string, string]>([
    ["a column that is not there", "a,b\n1,2\n", "id", "column_missing"],
    ["a table with nothing but ids", "id\n1\n2\n", "id", "nothing_to_compare"],
  ])("%s", async (_, text, idColumn, code) => {
    writeFileSync(join(dir, "bad.csv"), text);
    const linking = linked([{ file: join(dir, "bad.csv"), idColumn }], async () => undefined, { truthColumn: null });
    await expect(linking).rejects.toMatchObject({ code });
  });

  it("a file that is no Parquet", async () => {
    writeFileSync(join(dir, "bad.parquet"), "id,name\n1,2\n");
    const linking = linked([{ file: join(dir, "bad.parquet"), idColumn: "id" }], async () => undefined);
    await expect(linking).rejects.toMatchObject({ code: "file_unreadable", status: 422 });
  });
});
