import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { defaultIdentityRules, usualProfileModel } from "../../../identity/index.ts";
import { profileOf } from "../../../identity/linkage/people.fake.ts";
import { maxWaitingPairs, type OfferedPair, type Review } from "../../../storage/reviews.ts";
import { FakeFollowed, temporaryDirectory } from "../analytics/followedFakes.ts";
import { openReviews, type ReviewCore } from "./core.ts";

const noon = Date.UTC(2026, 10, 24, 12);
let directory: ReturnType<typeof temporaryDirectory>;
let followed: FakeFollowed;
let reviews: ReviewCore;
let troubles: string[];
let released: number[];

const indexFile = () => join(directory.path, "linkage.sqlite");
const reviewFile = () => join(directory.path, "reviews.sqlite");

async function open(limits: { farBehind?: number } = {}): Promise<ReviewCore> {
  return openReviews({
    ...limits,
    indexFile: indexFile(),
    reviewFile: reviewFile(),
    decided: followed.decided(),
    rules: defaultIdentityRules,
    spillDirectory: join(directory.path, "spill"),
    reviewFrom: 0.5,
    now: () => noon,
    memoryLimitMb: 128,
    onTrouble: (message) => troubles.push(message),
    onFollowed: (version) => released.push(version),
  });
}

/** The format of a closed SQLite file; `set`: changes it. */
function versionOf(file: string, set?: number): number {
  const database = new DatabaseSync(file);
  if (set !== undefined) database.exec(`PRAGMA user_version = ${set}`);
  const version = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
  database.close();
  return version;
}

async function reopened(): Promise<void> {
  await reviews.close();
  reviews = await open();
}

beforeEach(async () => {
  directory = temporaryDirectory();
  followed = new FakeFollowed();
  troubles = [];
  released = [];
  reviews = await open();
});
afterEach(async () => {
  await reviews.close();
  directory.remove();
});

type Traits = Record<string, string | null>;
const ada: Traits = {
  firstName: "Ada",
  lastName: "Lovelace",
  birthday: "1985-12-10",
  street: "12 Oak Street",
  city: "Leeds",
  postcode: "LS1 4AP",
  phone: "020 7946 0958",
};

function decide(id: string, traits: Traits | null, keys = [`crm_id:${id}`]): void {
  followed.setProfile(id, traits === null ? null : { profile: profileOf(id, traits, keys), fragments: ["f"] });
}

async function waiting(): Promise<Review[]> {
  await reviews.caughtUp();
  return (await reviews.waiting({ after: null, limit: 100 })).items;
}
const idsOf = (found: readonly Review[]) => found.map(({ id }) => id);

describe("as profiles come", () => {
  it("offers one that resembles another, with the way to its weight", async () => {
    decide("p_1", ada);
    expect(await waiting()).toEqual([]);
    decide("p_2", { ...ada, lastName: "Lovelase", city: "York" });
    decide("p_3", { firstName: "Grace", lastName: "Hopper", birthday: "1906-12-09", city: "Leeds" });
    const [pair, ...others] = await waiting();
    expect(others).toEqual([]);
    expect(pair).toMatchObject({
      id: "p_1~p_2",
      a: { profileId: "p_1", anchor: "crm_id:p_1" },
      b: { profileId: "p_2", anchor: "crm_id:p_2" },
      state: "open",
      origin: "live",
      model: 0,
      offeredAt: noon,
      answer: null,
    });
    expect(pair?.probability).toBeGreaterThan(0.9);
    const steps = (pair?.steps ?? []).reduce((sum, { weight }) => sum + weight, pair?.priorWeight ?? 0);
    expect(steps).toBeCloseTo(pair?.weight ?? 0, 6);
    expect(pair?.steps.map(({ comparison, level }) => [comparison, level])).toContainEqual([
      "surname",
      "one or two letters differ",
    ]);
  });

  it("takes in whom a flood brings without comparing them, and compares whoever changes afterwards", async () => {
    await reviews.caughtUp();
    await reviews.close();
    for (let n = 1; n <= 12; n++) decide(`p_${n}`, ada);
    reviews = await open({ farBehind: 10 });
    expect(await waiting()).toEqual([]);
    expect(await reviews.status()).toMatchObject({ records: 12 });
    decide("p_1", ada);
    expect(await waiting()).toHaveLength(11);
  });

  it("drops what waits beside somebody whom a flood changed: what they said then is no question now", async () => {
    decide("p_1", ada);
    decide("p_2", ada);
    decide("p_3", ada);
    expect(await waiting()).toHaveLength(3);
    await reviews.close();
    for (let n = 10; n <= 30; n++) decide(`p_${n}`, { firstName: `N${n}`, lastName: `L${n}` });
    decide("p_2", { ...ada, firstName: "Grace", birthday: "1906-12-09", phone: null });
    decide("p_3", ada);
    reviews = await open({ farBehind: 10 });
    expect(idsOf(await waiting())).toEqual(["p_1~p_3"]);
  });

  it("finds two who come together, in one batch", async () => {
    await reviews.caughtUp();
    decide("p_1", ada);
    decide("p_2", ada);
    expect(idsOf(await waiting())).toEqual(["p_1~p_2"]);
  });

  it("drops a pair when one of them is gone, or does not resemble the other any more", async () => {
    decide("p_1", ada);
    decide("p_2", ada);
    decide("p_3", ada);
    expect(await waiting()).toHaveLength(3);
    decide("p_3", null);
    expect(idsOf(await waiting())).toEqual(["p_1~p_2"]);
    decide("p_2", { ...ada, firstName: "Grace", birthday: "1906-12-09", phone: null });
    expect(await waiting()).toEqual([]);
  });

  it("scores a waiting pair anew when one of the two changes, though no block holds both any more", async () => {
    decide("p_1", ada);
    await reviews.caughtUp();
    const before: OfferedPair = {
      a: { profileId: "p_1", anchor: "crm_id:p_1" },
      b: { profileId: "p_2", anchor: "crm_id:p_2" },
      probability: 0.99,
      weight: 7,
      priorWeight: -4,
      steps: [],
      model: 0,
      origin: "run",
    };
    await reviews.offer([before], noon);
    expect(await waiting()).toHaveLength(1);
    decide("p_2", { firstName: "Grace", lastName: "Hopper", birthday: "1906-12-09" });
    expect(await waiting()).toEqual([]);
  });

  it("does not compare what only was active, or changed in other traits", async () => {
    decide("p_1", ada);
    decide("p_2", ada);
    const [pair] = await waiting();
    await reviews.drop([pair?.id ?? ""]);
    followed.setProfile("p_2", { profile: profileOf("p_2", ada, ["crm_id:p_2"]), fragments: ["f"] }, "activity");
    decide("p_1", { ...ada, favouriteColour: "blue" });
    expect(await waiting()).toEqual([]);
  });

  it("leaves out who says too little of themselves, and takes them in when they say more", async () => {
    decide("p_1", ada);
    decide("p_2", { firstName: "Ada" });
    expect(await waiting()).toEqual([]);
    expect(await reviews.status()).toMatchObject({ records: 1, waiting: 0 });
    decide("p_2", ada);
    expect(await waiting()).toHaveLength(1);
    decide("p_2", { firstName: "Ada" });
    expect(await waiting()).toEqual([]);
    expect(await reviews.status()).toMatchObject({ records: 1 });
  });

  it("passes over what more than 200 share", async () => {
    for (let at = 0; at < 300; at++) decide(`p_${at}`, { firstName: "Ada", lastName: "Lovelace", note: String(at) });
    expect(await waiting()).toEqual([]);
    expect(await reviews.status()).toMatchObject({ records: 300 });
  });

  it("goes on where it was after a stop, and copies without comparing when the feed is another's", async () => {
    decide("p_1", ada);
    await waiting();
    await reviews.close();
    decide("p_2", ada);
    reviews = await open();
    expect(await waiting()).toHaveLength(1);
    await reviews.drop(["p_1~p_2"]);
    followed.makeAnew();
    decide("p_3", { firstName: "Grace", lastName: "Hopper", city: "York" });
    expect(await waiting()).toEqual([]);
    expect(await reviews.status()).toMatchObject({ records: 3 });
    decide("p_4", { firstName: "Grace", lastName: "Hopper", city: "York", birthday: "1906-12-09" });
    decide("p_3", { firstName: "Grace", lastName: "Hopper", city: "York", birthday: "1906-12-09" });
    expect(idsOf(await waiting())).toEqual(["p_3~p_4"]);
  });

  it("does nothing by halves: a failure leaves it to be done again", async () => {
    decide("p_1", ada);
    await waiting();
    let isFailing = true;
    followed.fault = (call) => {
      if (isFailing && call === "profiles") throw new Error("on purpose");
    };
    decide("p_2", ada);
    const late = waiting();
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(troubles[0]).toContain("reviews: following failed");
    isFailing = false;
    expect(idsOf(await late)).toEqual(["p_1~p_2"]);
  });

  it("tells what of the feed it has, so that it may go", async () => {
    decide("p_1", ada);
    await reviews.caughtUp();
    expect(released.at(-1)).toBe(followed.feedVersion());
  });

  it("makes a damaged index anew, and keeps the answers", async () => {
    decide("p_1", ada);
    decide("p_2", ada);
    await waiting();
    await reviews.answer("p_1~p_2", { state: "different", by: "t1", at: noon });
    await reviews.said("p_1~p_2", ["c_1"]);
    await reviews.close();
    writeFileSync(indexFile(), "no database at all");
    reviews = await open();
    await reviews.caughtUp();
    expect(await reviews.status()).toMatchObject({ records: 2 });
    expect(await reviews.byId("p_1~p_2")).toMatchObject({ state: "different", answer: { corrections: ["c_1"] } });
  });

  it("sets a damaged queue aside and begins it anew, with the runs that the log knows", async () => {
    await reviews.close();
    followed.linkedRuns.push({ run: "lr_1", links: 7, firstAt: noon, lastAt: noon + 9, leastProbability: 0.97 });
    for (const nth of ["", ".2"]) {
      writeFileSync(reviewFile(), "no database at all");
      reviews = await open();
      expect(troubles.at(-1)).toContain(`set aside as reviews.sqlite${nth}.damaged`);
      expect(readFileSync(`${reviewFile()}${nth}.damaged`, "utf8")).toBe("no database at all");
      expect(await reviews.run("lr_1")).toMatchObject({
        state: "done",
        linked: 7,
        automaticFrom: 0.97,
        startedAt: noon,
      });
      decide("p_1", ada);
      decide("p_2", ada);
      expect(idsOf(await waiting())).toEqual(["p_1~p_2"]);
      await reviews.close();
      for (const id of ["p_1", "p_2"]) decide(id, null);
    }
    reviews = await open();
  });

  it.each([
    ["a table is missing", "DROP TABLE runs"],
    ["a run cannot be read", "INSERT INTO runs VALUES ('lr_9', 1, '{')"],
  ])("sets a queue aside in which %s", async (_, damage) => {
    await reviews.close();
    const database = new DatabaseSync(reviewFile());
    database.exec(damage);
    database.close();
    reviews = await open();
    expect(troubles).toEqual([expect.stringContaining("set aside")]);
    expect(existsSync(`${reviewFile()}.damaged`)).toBe(true);
    expect(await reviews.status()).toMatchObject({ waiting: 0 });
  });

  it("leaves files of a newer program as they are, and says so", async () => {
    decide("p_1", ada);
    decide("p_2", ada);
    await waiting();
    await reviews.close();
    for (const [file, code] of [
      [reviewFile(), "reviews_newer"],
      [indexFile(), "linkage_newer"],
    ] as const) {
      const before = versionOf(file);
      versionOf(file, 99);
      const problem = { status: 409, code, message: expect.stringContaining("has format 99, this program reads") };
      await expect(open()).rejects.toMatchObject(problem);
      expect(versionOf(file)).toBe(99);
      versionOf(file, before);
    }
    reviews = await open();
    expect(idsOf(await waiting())).toEqual(["p_1~p_2"]);
  });

  it("offers nobody who is kept apart or one already, whoever finds them", async () => {
    followed.settled.add("crm_id:p_1\ncrm_id:p_2");
    decide("p_1", ada);
    decide("p_2", ada);
    expect(await waiting()).toEqual([]);
    decide("p_3", ada);
    expect(idsOf(await waiting())).toEqual(["p_1~p_3", "p_2~p_3"]);
  });

  it("tells the surest identifier by the rules that hold, of waiting pairs too", async () => {
    const keys = (n: number) => [`crm_id:${n}`, `loyalty_card:${n}`];
    decide("p_1", ada, keys(1));
    decide("p_2", ada, keys(2));
    const types = defaultIdentityRules.types;
    const [crm, card] = [types["crm_id"], types["loyalty_card"]];
    if (crm === undefined || card === undefined) throw new Error("the defaults name both");
    const anchorsOf = async () => (await waiting()).flatMap(({ a, b }) => [a.anchor, b.anchor]);
    const surest = crm.rank > card.rank ? "crm_id" : "loyalty_card";
    const other = surest === "crm_id" ? "loyalty_card" : "crm_id";
    expect(await anchorsOf()).toEqual([`${surest}:1`, `${surest}:2`]);
    const swapped = { ...types, crm_id: { ...crm, rank: card.rank }, loyalty_card: { ...card, rank: crm.rank } };
    followed.publish({ ...defaultIdentityRules, types: swapped });
    expect(await anchorsOf()).toEqual([`${other}:1`, `${other}:2`]);
    expect(await reviews.sides(["p_1"])).toMatchObject([{ anchor: `${other}:1` }]);
  });

  it("uses the latest model that was learned, after a restart too", async () => {
    const model = { ...usualProfileModel(), matchesPerRecord: 0.000_001, householdsPerRecord: 0.000_001 };
    const version = await reviews.keepModel({ run: "lr_1", madeAt: noon, document: JSON.stringify(model) });
    expect(version).toBe(1);
    decide("p_1", ada);
    decide("p_2", ada);
    expect((await waiting())[0]).toMatchObject({ model: 1 });
    const [{ priorWeight: rare } = { priorWeight: 0 }] = await waiting();
    expect(rare).toBeLessThan(-15);
    await reopened();
    decide("p_3", ada);
    expect((await waiting()).map(({ model: used }) => used)).toEqual([1, 1, 1]);
    expect(await reviews.model(null)).toMatchObject({ version: 1, run: "lr_1" });
    expect(await reviews.model(7)).toBeNull();
  });

  it("forgets the values of whom it forgets", async () => {
    decide("p_1", ada);
    decide("p_2", ada);
    await waiting();
    decide("p_1", null);
    decide("p_2", null);
    await reviews.caughtUp();
    await reviews.close();
    const database = new DatabaseSync(indexFile(), { readOnly: true });
    for (const table of ["records", "keys", "terms"]) {
      expect(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()).toEqual({ n: 0 });
    }
    database.close();
    reviews = await open();
  });
});

describe("the queue", () => {
  const pair = (n: number, probability: number): OfferedPair => ({
    a: { profileId: `p_a${n}`, anchor: `crm_id:a${n}` },
    b: { profileId: `p_b${n}`, anchor: `crm_id:b${n}` },
    probability,
    weight: 3,
    priorWeight: -4,
    steps: [{ comparison: "email", level: "same", weight: 7 }],
    model: 3,
    origin: "run",
  });
  const id = (n: number) => `p_a${n}~p_b${n}`;

  it("gives the most probable first, skipped ones last, in pages that stay good while it changes", async () => {
    await reviews.offer([pair(1, 0.6), pair(2, 0.9), pair(3, 0.99), pair(4, 0.7), pair(5, 0.7)], noon);
    const first = await reviews.waiting({ after: null, limit: 2 });
    expect(idsOf(first.items)).toEqual([id(3), id(2)]);
    await reviews.answer(id(3), { state: "skipped", by: "t1", at: noon });
    await reviews.drop([id(2)]);
    const second = await reviews.waiting({ after: first.next, limit: 10 });
    expect([idsOf(second.items), second.next]).toEqual([[id(4), id(5), id(1), id(3)], null]);
    await expect(reviews.waiting({ after: "x", limit: 2 })).rejects.toMatchObject({ code: "cursor_invalid" });
  });

  it("takes one answer, and takes it back", async () => {
    await reviews.offer([pair(1, 0.6)], noon);
    const answered = await reviews.answer(id(1), { state: "same", by: "t1", at: noon + 5 });
    expect(answered).toMatchObject({ state: "same", answer: { by: "t1", at: noon + 5, corrections: [] } });
    expect(await reviews.answer(id(1), { state: "different", by: "t2", at: noon + 6 })).toBeNull();
    expect(await reviews.said(id(1), ["c_1", "c_2"])).toMatchObject({ answer: { corrections: ["c_1", "c_2"] } });
    expect(await waiting()).toEqual([]);
    expect(await reviews.reopen(id(1))).toMatchObject({ state: "open", answer: null });
    expect(idsOf(await waiting())).toEqual([id(1)]);
    expect(await reviews.answer(id(9), { state: "same", by: "t1", at: noon })).toBeNull();
    expect(await reviews.reopen(id(9))).toBeNull();
  });

  it("an answer that was cut short before it was said waits again", async () => {
    await reviews.offer([pair(1, 0.6), pair(2, 0.8)], noon);
    for (const n of [1, 2]) await reviews.answer(id(n), { state: "same", by: "t1", at: noon });
    await reviews.said(id(2), ["c_1"]);
    await reopened();
    expect(idsOf(await waiting())).toEqual([id(1)]);
    expect(await reviews.byId(id(2))).toMatchObject({ state: "same" });
  });

  it("offers no answered pair again, and updates one that waits", async () => {
    await reviews.offer([pair(1, 0.6), pair(2, 0.8)], noon);
    await reviews.answer(id(2), { state: "different", by: "t1", at: noon });
    await reviews.said(id(2), ["c_1"]);
    expect(await reviews.offer([pair(1, 0.7), pair(2, 0.99)], noon + 9)).toBe(1);
    expect(await waiting()).toMatchObject([{ id: id(1), probability: 0.7, offeredAt: noon }]);
    expect(await reviews.byId(id(2))).toMatchObject({ state: "different", probability: 0.8 });
  });

  it("a run's end drops what it did not find again", async () => {
    await reviews.offer([pair(1, 0.6), pair(2, 0.8)], noon);
    await reviews.offer([pair(2, 0.8)], noon + 10);
    expect(await reviews.dropOlder(noon + 5)).toBe(1);
    expect(idsOf(await waiting())).toEqual([id(2)]);
  });

  it("tells by probability how people answered, each for themselves too", async () => {
    const all = [pair(1, 0.55), pair(2, 0.6), pair(3, 0.95), pair(4, 0.9999)];
    await reviews.offer(all, noon);
    const given = [
      [1, "different", "t1"],
      [2, "same", "t2"],
      [3, "same", "t1"],
      [4, "same", "t1"],
    ] as const;
    for (const [n, state, by] of given) {
      await reviews.answer(id(n), { state, by, at: noon });
      await reviews.said(id(n), ["c"]);
    }
    const { bands, own, open: left } = await reviews.summary("t1");
    expect(left).toBe(0);
    expect(bands.map(({ from, answered, same }) => [from, answered, same])).toEqual([
      [0.5, 2, 1],
      [0.9, 1, 1],
      [0.999, 1, 1],
    ]);
    expect(own.map(({ from, answered, same }) => [from, answered, same])).toEqual([
      [0.5, 1, 0],
      [0.9, 1, 1],
      [0.999, 1, 1],
    ]);
  });

  it("is bounded: the least probable go", async () => {
    const lot = 5_000;
    for (let from = 0; from < maxWaitingPairs; from += lot) {
      await reviews.offer(
        Array.from({ length: lot }, (_, at) => pair(from + at, 0.9)),
        noon,
      );
    }
    await reviews.offer([pair(maxWaitingPairs, 0.95), pair(maxWaitingPairs + 1, 0.55)], noon);
    expect(await reviews.status()).toMatchObject({ waiting: maxWaitingPairs });
    expect((await reviews.waiting({ after: null, limit: 1 })).items[0]?.id).toBe(id(maxWaitingPairs));
    expect(await reviews.byId(id(maxWaitingPairs + 1))).toBeNull();
    // What waits is still scored anew, and a place that comes free is given again.
    const [again, late] = [pair(maxWaitingPairs, 0.93), pair(maxWaitingPairs + 2, 0.9)];
    expect(await reviews.offer([again, late], noon)).toBe(1);
    expect(await reviews.byId(id(maxWaitingPairs))).toMatchObject({ probability: 0.93 });
    await reviews.drop([id(maxWaitingPairs)]);
    expect(await reviews.offer([late], noon)).toBe(1);
  });
});
