import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FakeIo, fakeIo, run } from "./io.fake.ts";

let dir: string;
let crm: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "c360-link-cli-"));
  crm = join(dir, "crm.csv");
  writeFileSync(
    crm,
    `id,who,first_name,last_name,dob,city,email
1,a,Ada,Lovelace,1985-12-10,London,ada85@example.com
2,a,Ada,Lovelase,1985-12-10,London,
3,b,Charles,Babbage,1991-12-26,London,cb@example.com
4,a,Lovelace,Ada,10/12/1985,,ada85@example.com
`,
  );
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const call = async (io: FakeIo, ...argv: string[]): Promise<number> => (await run(argv, io)).code;
const at = (name: string): string => join(dir, name);

describe("c360 link", () => {
  it("writes clusters, pairs, waterfalls and the model, and says what it did", async () => {
    const io = fakeIo();
    const outputs = [
      "--out",
      at("clusters.csv"),
      "--pairs",
      at("pairs.csv"),
      "--waterfalls",
      at("why.ndjson"),
      "--save-model",
      at("model.json"),
    ];
    expect(await call(io, "link", crm, "--id", "id", "--truth", "who", ...outputs)).toBe(0);
    expect(io.out).toContain("first_name  given_name");
    expect(io.out).toContain("clusters   2, 1 of several records, the largest of 3");
    expect(io.out).toContain("F1         1.0000 over all 3 true pairs");
    expect(readFileSync(at("clusters.csv"), "utf8")).toBe(
      "table,record_id,cluster_id\ncrm,1,c1\ncrm,2,c1\ncrm,3,c3\ncrm,4,c1\n",
    );
    expect(readFileSync(at("pairs.csv"), "utf8").split("\n")[0]).toBe(
      "left_table,left_id,right_table,right_id,probability,accepted",
    );
    const [first = ""] = readFileSync(at("why.ndjson"), "utf8").split("\n");
    expect(JSON.parse(first)).toMatchObject({
      left: { table: "crm", id: "1" },
      steps: expect.arrayContaining([expect.objectContaining({ comparison: "birth_date", level: "same" })]) as unknown,
    });

    const again = fakeIo();
    expect(
      await call(again, "link", crm, "--id", "id", "--model", at("model.json"), "--out", at("again.csv"), "--json"),
    ).toBe(0);
    expect(JSON.parse(again.out)).toMatchObject({ records: 4, clusters: 2, largestCluster: 3, evaluation: null });
    expect(readFileSync(at("again.csv"), "utf8")).toBe(readFileSync(at("clusters.csv"), "utf8"));
    // What does not fit in memory goes beside the results, and is gone.
    expect(readdirSync(dir).filter((name) => name.startsWith("c360-link-"))).toEqual([]);
  });

  it.each<[string, string[], number, string]>([
    ["no id", [], 2, "--id"],
    ["a file that is not there", ["/nowhere.csv", "--id", "id"], 2, "There is no file /nowhere.csv"],
    ["a wrong --map", ["--id", "id", "--map", "dob=shoe"], 2, "TYPE is one of given_name"],
    ["a column that is not there", ["--id", "nr"], 1, "has no column nr; it has id, who"],
    [
      "a folder for what does not fit that is not there",
      ["--id", "id", "--temp-dir", "/nowhere"],
      1,
      "/nowhere cannot",
    ],
    ["a truth that is not there", ["--id", "id", "--truth", "nr"], 1, "has no column nr"],
  ])("refuses %s", async (_, flags, code, message) => {
    const io = fakeIo();
    const files = flags[0]?.startsWith("/") === true ? [] : [crm];
    expect(await call(io, "link", ...files, ...flags, "--out", at("never.csv"))).toBe(code);
    expect(io.err).toContain(message);
    expect(existsSync(at("never.csv"))).toBe(false);
  });

  it("refuses a model that is none", async () => {
    writeFileSync(at("broken.json"), "{}");
    const io = fakeIo();
    expect(await call(io, "link", crm, "--id", "id", "--model", at("broken.json"))).toBe(1);
    expect(io.err).toContain("The linkage model");
  });

  it("tells two files of one name apart", async () => {
    const io = fakeIo();
    expect(await call(io, "link", crm, crm, "--id", "id", "--map", "who=ignore", "--out", at("two.csv"))).toBe(0);
    expect(readFileSync(at("two.csv"), "utf8")).toContain("crm_2,1,c1\n");
  });
});
