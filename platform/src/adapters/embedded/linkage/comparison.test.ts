import { tmpdir } from "node:os";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Comparison } from "../../../identity/linkage/comparison.ts";
import type { Field, FieldType } from "../../../identity/linkage/fields.ts";
import { comparePairs } from "../../../identity/linkage/patterns.ts";
import { comparisonsOf } from "../../../identity/linkage/sql/comparisonSql.ts";
import { recordsSql } from "../../../identity/linkage/sql/recordsSql.ts";
import { quoted } from "../../../identity/linkage/sql/sqlText.ts";
import { countTerms, termFieldsOf } from "../../../identity/linkage/terms.ts";
import type { LinkageDatabase } from "../../../storage/linkageDatabase.ts";
import { openLinkageDatabase } from "./linkageDatabase.ts";
import { runs } from "../../../../test/runs.ts";

const fields: Field[] = (
  [
    "given_name",
    "surname",
    "birth_date",
    "street",
    "city",
    "postcode",
    "email",
    "phone",
    "code",
    "category",
    "text",
  ] as const satisfies readonly FieldType[]
).map((type) => ({ name: type, type, columns: [[type]] }));
const comparisons: Comparison[] = comparisonsOf(fields);
type Person = Partial<Record<FieldType, string>>;

let database: LinkageDatabase;
beforeAll(async () => {
  database = await openLinkageDatabase({ spillDirectory: tmpdir(), threads: 1 });
});
afterAll(() => database.close());

/** By pair, by comparison: the label of the level. */
async function levelsOf(pairs: readonly (readonly [Person, Person])[]): Promise<Record<string, string>[]> {
  const values = pairs
    .flat()
    .map((person, at) => `(${at}, ${fields.map(({ type }) => quoted(person[type] ?? "")).join(", ")})`);
  const names = fields.map(({ name }) => name).join(", ");
  await database.run(`CREATE OR REPLACE TABLE input_0 AS SELECT * FROM (VALUES ${values.join(", ")}) t(id, ${names})`);
  await database.run("DROP TABLE IF EXISTS records_text");
  await database.run(
    recordsSql([{ sqlName: "input_0", idColumn: "id", truthColumn: null }], fields, {
      dayFirst: new Set(["birth_date"]),
    }),
  );
  await countTerms(database, termFieldsOf(comparisons), pairs.length * 2);
  await database.run(
    `CREATE OR REPLACE TABLE pairs AS SELECT 2 * i AS l, 2 * i + 1 AS r FROM range(${pairs.length}) t(i)`,
  );
  const { outcomes } = await comparePairs(database, { pairs: "pairs", into: "compared", fields, comparisons });
  const [left = [], numbers = []] = await database.numbers(
    "SELECT l, number FROM compared JOIN compared_patterns USING (pattern)",
    2,
    pairs.length,
  );
  const found: Record<string, string>[] = [];
  for (const [at, l] of [...left].entries()) {
    const p = (numbers[at] ?? 0) * comparisons.length;
    const labels = comparisons.map(({ name, levels }, k) => [
      name,
      levels[(outcomes[p + k] ?? 0) % levels.length]?.label ?? "",
    ]);
    found[l / 2] = Object.fromEntries(labels) as Record<string, string>;
  }
  return found;
}

const cases: readonly (readonly [of: string, a: Person, b: Person, level: string])[] = [
  ["given_name", { given_name: "Zoë" }, { given_name: "ZOE" }, "same"],
  ["given_name", { given_name: "Mr. Thomas" }, { given_name: "Thomas" }, "same"],
  ["given_name", { given_name: "Margaret" }, { given_name: "Margret" }, "one or two letters differ"],
  ["given_name", { given_name: "J." }, { given_name: "Joan" }, "initial"],
  ["given_name", { given_name: "Mary Ann" }, { given_name: "Ann" }, "part of the other"],
  ["given_name", { given_name: "Rob", surname: "x" }, { given_name: "Robin", surname: "y" }, "part of the other"],
  [
    "given_name",
    { given_name: "Thomas", surname: "Alan" },
    { given_name: "Alan", surname: "Thomas" },
    "given name and surname swapped",
  ],
  ["given_name", { given_name: "Ada" }, { given_name: "Grace" }, "different"],
  ["given_name", { given_name: "unknown" }, { given_name: "Grace" }, "missing"],
  ["surname", { surname: "O'Brien" }, { surname: "OBRIEN" }, "same"],
  ["surname", { surname: "Müller" }, { surname: "Muller" }, "same"],
  ["surname", { surname: "Straßburger" }, { surname: "Strassburger" }, "one or two letters differ"],
  ["surname", { surname: "Hopper-Murray" }, { surname: "Murray" }, "part of the other"],
  ["surname", { surname: "Иванов" }, { surname: "ИВАНОВ" }, "same"],
  ["birth_date", { birth_date: "1980-03-04" }, { birth_date: "04/03/1980" }, "same"],
  ["birth_date", { birth_date: "19800304" }, { birth_date: "4.3.1980" }, "same"],
  ["birth_date", { birth_date: "1980-03-04" }, { birth_date: "1980-04-03" }, "day and month swapped"],
  ["birth_date", { birth_date: "1980-03-04" }, { birth_date: "1980-03-14" }, "one digit differs"],
  ["birth_date", { birth_date: "1980-11-24" }, { birth_date: "1980-01-01" }, "same year, one of them 1 January"],
  ["birth_date", { birth_date: "1980-11-24" }, { birth_date: "1980" }, "same year, one of them 1 January"],
  ["birth_date", { birth_date: "1980-11-24" }, { birth_date: "1975-11-24" }, "two of year, month and day agree"],
  ["birth_date", { birth_date: "1980-11-24" }, { birth_date: "1981-02-13" }, "a year apart"],
  ["birth_date", { birth_date: "1980-11-24" }, { birth_date: "1954-02-13" }, "different"],
  ["birth_date", { birth_date: "0000-00-00" }, { birth_date: "1954-02-13" }, "missing"],
  ["email", { email: "Ada@Example.com " }, { email: "ada@example.com" }, "same"],
  ["email", { email: "ada@example.com" }, { email: "adda@example.com" }, "one character differs"],
  ["email", { email: "lovelace@example.com" }, { email: "lvoelace@example.com" }, "one character differs"],
  ["email", { email: "ada1815@example.com" }, { email: "ada1815@mail.org" }, "same before the @, with digits"],
  ["email", { email: "ada.lovelace@example.com" }, { email: "ada.lovelace@mail.org" }, "same name before the @"],
  ["email", { email: "none" }, { email: "ada@example.com" }, "missing"],
  ["phone", { phone: "+44 20 7946 0958" }, { phone: "(020) 7946-0958" }, "same"],
  ["phone", { phone: "020 7946 0958" }, { phone: "020 7946 0985" }, "one digit differs"],
  ["phone", { phone: "0000000000" }, { phone: "020 7946 0958" }, "missing"],
  ["code", { code: "AB-12 34" }, { code: "ab1234" }, "same"],
  ["code", { code: "5304218" }, { code: "5304281" }, "one character differs"],
  ["category", { category: "Male" }, { category: "male" }, "same"],
  ["text", { text: "Acme Ltd." }, { text: "ACME ltd" }, "same"],
  [
    "address",
    { street: "12 Oak Street", city: "Leeds" },
    { street: "12 Oak St", city: "leeds" },
    "same street, same city",
  ],
  ["address", { street: "12 Oak Street, Flat 5" }, { street: "12 Oak Street" }, "street alike"],
  ["address", { street: "12 Oak Street" }, { street: "14 Oak Street" }, "other street"],
  [
    "address",
    { postcode: "TS19 0SH", city: "Stockton" },
    { postcode: "ts190sh", city: "Stocktin" },
    "same postcode, city alike",
  ],
  ["address", { postcode: "TS19 0SH" }, { postcode: "TS1 5AA" }, "same postal area"],
  ["address", { street: "12 Oak Street" }, { city: "Leeds" }, "missing"],
];

describe("comparisons", () => {
  it("see values as people would", async () => {
    const found = await levelsOf(cases.map(([, a, b]) => [a, b]));
    const told = cases.map(([of, a, b], at) => [of, a, b, found[at]?.[of]]);
    expect(told.filter(([, , , level], at) => level !== cases[at]?.[3])).toEqual([]);
  });

  it("do not care which record comes first, and find every value the same as itself", async () => {
    const word = fc.constantFrom(
      "ada",
      "Ada Mae",
      "O'Brien",
      "Ünal",
      "x",
      "12 Oak Road",
      "1980-01-01",
      "03.04.1981",
      "a@b.c",
      "ab12@b.org",
      "0123456789",
      "N1 9GU",
      "",
      "?",
      "王小明",
      "--",
    );
    const person = fc.record(
      Object.fromEntries(fields.map(({ type }) => [type, word])) as Record<FieldType, typeof word>,
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(person, person), { minLength: 20, maxLength: 20 }), async (pairs) => {
        const found = await levelsOf([
          ...pairs,
          ...pairs.map(([a, b]): [Person, Person] => [b, a]),
          ...pairs.map(([a]): [Person, Person] => [a, a]),
        ]);
        const [there, back, self] = [found.slice(0, 20), found.slice(20, 40), found.slice(40)];
        expect(back).toEqual(there);
        for (const levels of self)
          for (const label of Object.values(levels))
            expect(label).toMatch(/^(missing|same( (street|postcode|city)(, same (postcode|city))*)?)$/);
      }),
      { numRuns: runs(15) },
    );
  });
});
