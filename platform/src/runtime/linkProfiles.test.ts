import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FakeFollowed } from "../adapters/embedded/analytics/followedFakes.ts";
import { openLinkageDatabase } from "../adapters/embedded/linkage/linkageDatabase.ts";
import { openReviews, type ReviewCore } from "../adapters/embedded/reviews/core.ts";
import { recordPages } from "../adapters/embedded/reviews/recordPages.ts";
import { defaultIdentityRules, linkProfiles, type FoundPair, type LinkageModel } from "../identity/index.ts";
import { csvText, fakeRecords, profileFileColumns, profileOf, traitsOf } from "../identity/linkage/people.fake.ts";
import type { Review } from "../storage/reviews.ts";
import { linkFiles, type LinkedFiles } from "./linkFiles.ts";

const records = fakeRecords(100, 7);
const everyPair = 0;
let dir: string;
let reviews: ReviewCore;
let followed: FakeFollowed;
/** By id as `p_r12`: a profile of each record. */
const profileId = (id: string): string => `p_${id}`;

async function opened(name: string): Promise<ReviewCore> {
  return openReviews({
    indexFile: join(dir, `${name}.index`),
    reviewFile: join(dir, `${name}.reviews`),
    decided: followed.decided(),
    rules: defaultIdentityRules,
    spillDirectory: join(dir, "spill"),
    reviewFrom: 0.5,
    now: () => 1_000,
  });
}

function decide(from: readonly (typeof records)[number][]): void {
  for (const record of from) {
    const id = profileId(record.id);
    followed.setProfile(id, { profile: profileOf(id, traitsOf(record), [`user_id:${record.id}`]), fragments: ["f"] });
  }
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "c360-agree-"));
  followed = new FakeFollowed();
  reviews = await opened("streamed");
  await reviews.caughtUp();
  decide(records);
  await reviews.caughtUp();
  writeFileSync(join(dir, "records.csv"), csvText(records, profileFileColumns));
});
afterAll(async () => {
  await reviews.close();
  rmSync(dir, { recursive: true, force: true });
});

async function byFile<T>(work: (found: LinkedFiles) => Promise<T>, model?: LinkageModel): Promise<T> {
  const linked = await linkFiles({
    tables: [{ file: join(dir, "records.csv"), label: "records", idColumn: "id" }],
    truthColumn: null,
    types: new Map(),
    ...(model === undefined ? {} : { model }),
  });
  try {
    return await work(linked);
  } finally {
    linked.close();
  }
}

async function byProfiles(
  model?: LinkageModel,
  index = "streamed",
): Promise<{ pairs: FoundPair[]; model: LinkageModel; clusters: string[] }> {
  const database = await openLinkageDatabase({ spillDirectory: dir, threads: 1 });
  try {
    const linked = await linkProfiles(
      database,
      recordPages(join(dir, `${index}.index`)),
      model === undefined ? {} : { model },
    );
    const pairs: FoundPair[] = [];
    for await (const pair of linked.found(everyPair)) pairs.push(pair);
    const rows = await database.rows(
      "SELECT string_agg(id, ' ' ORDER BY id) FROM records JOIN clusters USING (rid) GROUP BY cluster ORDER BY 1",
    );
    return { pairs, model: linked.model, clusters: rows.map(([ids]) => String(ids)) };
  } finally {
    database.close();
  }
}

/** Of the file: `a b` with six decimals of the probability, and the clusters. */
async function ofFile(model?: LinkageModel): Promise<{ pairs: string[]; clusters: string[] }> {
  return byFile(async (linked) => {
    const rows = (name: string): string[] => readFileSync(join(dir, name), "utf8").trim().split("\n").slice(1);
    await linked.writePairs(join(dir, "pairs.csv"));
    await linked.writeClusters(join(dir, "clusters.csv"));
    const pairs = rows("pairs.csv").map((line) => {
      const [, left = "", , right = "", probability = ""] = line.split(",");
      const [a, b] = [profileId(left), profileId(right)].toSorted();
      return `${a} ${b} ${Number(probability).toFixed(6)}`;
    });
    const clusters = new Map<string, string[]>();
    for (const line of rows("clusters.csv")) {
      const [, id = "", cluster = ""] = line.split(",");
      clusters.set(cluster, [...(clusters.get(cluster) ?? []), profileId(id)]);
    }
    const members = [...clusters.values()].map((ids) => ids.toSorted().join(" "));
    return { pairs: pairs.toSorted(), clusters: members.toSorted() };
  }, model);
}

const named = ({ a, b, probability }: FoundPair): string => `${a} ${b} ${probability.toFixed(6)}`;

/** Linked once: the tests look at it from several sides. */
let whole: Awaited<ReturnType<typeof byProfiles>>;

describe("batch and live agree", () => {
  beforeAll(async () => {
    whole = await byProfiles();
  });

  it("linking a file and linking the profiles of the same records gives the same pairs, probabilities and clusters", async () => {
    expect(whole.pairs.length).toBeGreaterThan(400);
    const file = await ofFile();
    expect(whole.pairs.map(named).toSorted()).toEqual(file.pairs);
    expect(whole.clusters).toEqual(file.clusters);
  });

  it("the same with a model that is given", async () => {
    const [applied, file] = [await byProfiles(whole.model), await ofFile(whole.model)];
    expect(applied.pairs.map(named).toSorted()).toEqual(file.pairs);
    expect(applied.clusters).toEqual(file.clusters);
    expect(applied.model).toEqual(whole.model);
  });

  it("does not depend on when the profiles came", async () => {
    followed = new FakeFollowed();
    const other = await opened("turned");
    decide(records.toReversed());
    await other.caughtUp();
    await other.close();
    const turned = await byProfiles(undefined, "turned");
    expect(turned.pairs.map(named)).toEqual(whole.pairs.map(named));
    expect(turned.clusters).toEqual(whole.clusters);
  });

  it("scored as they come, once all are known, pairs have the probabilities of a linkage with that model", async () => {
    const { model } = whole;
    const batch = new Map((await byProfiles(model)).pairs.map((pair) => [`${pair.a}~${pair.b}`, pair]));
    followed = new FakeFollowed();
    const live = await opened("live");
    // As copied: the records are known, and nothing is compared.
    decide(records);
    await live.caughtUp();
    await live.keepModel({ run: "lr_1", madeAt: 1, document: JSON.stringify(model) });
    // Each says something anew that changes nothing but that it is looked at again.
    for (const record of records) {
      const id = profileId(record.id);
      const keys = [`user_id:${record.id}x`];
      followed.setProfile(id, { profile: profileOf(id, traitsOf(record), keys), fragments: ["f"] });
    }
    await live.caughtUp();
    const { items } = await live.waiting({ after: null, limit: 1_000 });
    await live.close();
    expect(items.length).toBeGreaterThan(80);
    for (const pair of items) expect(pair.probability).toBeCloseTo(batch.get(pair.id)?.probability ?? -1, 9);
    expect(missedBy(items, batch) / items.length).toBeLessThan(0.1);
  });

  /** Live looks into tight blocks only. */
  function missedBy(items: readonly Review[], batch: ReadonlyMap<string, FoundPair>): number {
    const offered = new Set(items.map(({ id }) => id));
    return [...batch].filter(([id, { probability }]) => probability >= 0.5 && !offered.has(id)).length;
  }
});
