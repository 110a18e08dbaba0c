import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defaultIdentityRules, type IdentityRules } from "../identity/index.ts";
import type { LogRecord } from "../model/event.ts";
import {
  accepted,
  bytesOf,
  corrected,
  foldings,
  linked,
  published,
  withTwo,
  type Folding,
} from "../../test/pipelineHarness.ts";
import { anyRules, worldRecords } from "./rulesWorld.fake.ts";
import { runs } from "../../test/runs.ts";

const folding = foldings();
const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 8 });

/** What differs of people, whatever the log holds beside them. */
async function peopleDiffer(one: Folding, other: Folding): Promise<string[]> {
  return (await one.differences(other)).filter((line) => /^(profile|fragment|identifier|edge|order)\b/.test(line));
}

const versions = fc.array(anyRules, { minLength: 1, maxLength: 3 });

/** Records with versions 2, 3, … somewhere among them, in their order. */
const history: fc.Arbitrary<{ log: LogRecord[]; events: LogRecord[]; last: IdentityRules }> = fc
  .tuple(worldRecords("m"), versions, fc.infiniteStream(fc.nat(30)))
  .map(([events, documents, dice]) => {
    const log = [...events];
    const places = documents.map(() => Math.min(dice.next().value, events.length)).sort((a, b) => b - a);
    for (const [index, place] of places.entries()) {
      const number = documents.length + 1 - index;
      log.splice(place, 0, published(documents[number - 2] as IdentityRules, number));
    }
    return { log, events, last: documents.at(-1) as IdentityRules };
  });

describe("Promise 5: it makes no difference when rules were published", () => {
  it("everybody is who a fold under the last rules alone makes them, whenever they were published", async () => {
    await fc.assert(
      fc.asyncProperty(history, sizes, ({ log, events, last }, batches) =>
        withTwo(async (changing, always) => {
          await changing.deliver(log, batches);
          await always.deliver(events);
          expect(await peopleDiffer(changing, always)).toEqual([]);
        }, last),
      ),
      { numRuns: runs(60) },
    );
  });

  it("what comes after a change is decided as if the rules had never been others", async () => {
    await fc.assert(
      fc.asyncProperty(history, worldRecords("later", 12), sizes, ({ log, events, last }, later, batches) =>
        withTwo(async (changing, always) => {
          await changing.deliver(log);
          await always.deliver(events);
          await changing.deliver(later, batches);
          await always.deliver(later, batches);
          expect(await peopleDiffer(changing, always)).toEqual([]);
        }, last),
      ),
      { numRuns: runs(40) },
    );
  });

  it("any batching, order and duplication of the same records gives the same bytes", async () => {
    const shuffled = history.chain(({ log }) =>
      fc.tuple(fc.constant(log), fc.shuffledSubarray(log, { minLength: log.length }), fc.subarray(log), sizes),
    );
    await fc.assert(
      fc.asyncProperty(shuffled, ([log, mixed, again, batches]) =>
        withTwo(async (whole, parts) => {
          await whole.deliver(log);
          await parts.deliver([...mixed, ...again], batches);
          expect(await bytesOf(parts)).toBe(await bytesOf(whole));
        }),
      ),
      { numRuns: runs(40) },
    );
  });

  it("Promise 4: a rebuild of the log gives the same state in every table", async () => {
    await fc.assert(
      fc.asyncProperty(history, sizes, ({ log }, batches) =>
        withTwo(async (live, rebuilt) => {
          await live.deliver(log, batches);
          await rebuilt.deliver(log);
          expect(await live.differences(rebuilt)).toEqual([]);
        }),
      ),
      { numRuns: runs(30) },
    );
  });

  it("rules that are published and taken back leave everybody as they were", async () => {
    await fc.assert(
      fc.asyncProperty(worldRecords("m"), anyRules, (events, other) =>
        withTwo(async (tried, never) => {
          await tried.deliver([...events, published(other, 2), published(defaultIdentityRules, 3)]);
          await never.deliver(events);
          expect(await peopleDiffer(tried, never)).toEqual([]);
        }),
      ),
      { numRuns: runs(40) },
    );
  });
});

const emails = ["a", "b", "c"].map((name) => `email:${name}@example.com`);
const family = emails.map((email, at) =>
  accepted({ messageId: `f${at}`, identifiers: ["loyalty_card:7", email], occurredAt: Date.UTC(2026, 0, 1 + at) }),
);
const limited: IdentityRules = {
  ...defaultIdentityRules,
  types: { ...defaultIdentityRules.types, email: { kind: "personal", rank: 70, limit: 2, bridges: true } },
};

async function people(one: Folding): Promise<string[]> {
  const keys = (await one.profiles()).map((each) => each.identifiers.map(({ value }) => value).sort());
  return keys.map((each) => each.join(" ")).sort();
}

describe("a version of the rules", () => {
  it("explains itself by the rules that hold", async () => {
    const one = await folding();
    await one.deliver([...family, published(limited, 2)]);
    expect(await people(one)).toEqual(["7 a@example.com b@example.com", "c@example.com"]);
    const why = await one.identity.why("loyalty_card:7", emails[2] ?? "");
    expect(why.refused[0]?.reason?.message).toContain("at most 2 of email");
  });

  it("counts once, is nobody's event, and joins are not told as an event's", async () => {
    const one = await folding();
    const rules = published(limited, 2);
    const outcome = await one.deliver([rules, ...family, rules, published(defaultIdentityRules, 3)]);
    expect(outcome).toMatchObject({ processed: 5, duplicates: 1, rejected: 0, joins: [] });
    const [profile, ...others] = await one.profiles();
    expect([profile?.computed.eventCount, others]).toEqual([3, []]);
  });

  it("is refused with its reason where this program does not know its document, or its number is taken", async () => {
    const one = await folding();
    const strange = published(limited, 2, { id: "strange" });
    const unknown = { ...strange, body: { ...strange.body, document: { ...strange.body.document, moon: 1 } } };
    const outcome = await one.deliver([
      unknown,
      published(limited, 2, { id: "first" }),
      published(defaultIdentityRules, 2, { id: "second" }),
      ...family,
    ]);
    expect(outcome).toMatchObject({ processed: 4, rejected: 2, duplicates: 0 });
    expect(await people(one)).toHaveLength(2);
  });

  it("joins what the cap had parted, by events, aliases, corrections and links, and parts it again", async () => {
    const one = await folding();
    const chain = Array.from({ length: 4 }, (_, at) =>
      accepted({ messageId: `k${at}`, identifiers: [`till:t${at}`, `till:t${at + 1}`] }),
    );
    const alias = accepted({ messageId: "alias", identifiers: ["till:t5"], aliasOf: ["till:t4"] });
    const others = [6, 7].map((at) => accepted({ messageId: `k${at}`, identifiers: [`till:t${at}`] }));
    const said = [
      corrected("same", "till:t5", "till:t6", { id: "c1" }),
      linked("probable", "till:t6", "till:t7", { id: "l1" }),
    ];
    const capped: IdentityRules = { ...defaultIdentityRules, maxEvidenceIdentifiers: 2 };
    await one.deliver([published(capped, 2), ...chain, alias, ...others, ...said]);
    const parted = await people(one);
    expect(parted.length).toBeGreaterThan(3);
    await one.deliver([published(defaultIdentityRules, 3)]);
    expect(await people(one)).toEqual(["t0 t1 t2 t3 t4 t5 t6 t7"]);
    await one.deliver([published(capped, 4)]);
    expect(await people(one)).toEqual(parted);
  });

  it("says anew who is a hub by the number of their aliases", async () => {
    const one = await folding();
    const keys = Array.from({ length: 4 }, (_, at) => `till:t${at}`);
    const named = keys.map((key) => accepted({ messageId: key, identifiers: ["till:main"], aliasOf: [key] }));
    const seen = keys.map((key) => accepted({ messageId: `seen ${key}`, identifiers: [key] }));
    const capped: IdentityRules = { ...defaultIdentityRules, maxEvidenceIdentifiers: 3 };
    await one.deliver([...named, ...seen]);
    expect(await people(one)).toEqual(["main t0 t1 t2 t3"]);
    await one.deliver([published(capped, 2)]);
    expect(await people(one)).toEqual(["main", "t0", "t1", "t2", "t3"]);
    await one.deliver([published(defaultIdentityRules, 3)]);
    expect(await people(one)).toEqual(["main t0 t1 t2 t3"]);
  });

  it("refuses rules by which identifiers join that everybody has", async () => {
    const one = await folding();
    const crowd = Array.from({ length: 30 }, (_, at) =>
      accepted({ messageId: `c${at}`, identifiers: ["user_id:guest", `email:c${at}@example.com`] }),
    );
    await one.deliver(crowd);
    expect(await people(one)).toHaveLength(30);
    const open: IdentityRules = { ...defaultIdentityRules, blocked: { values: [], patterns: [] } };
    // A hub all the same.
    await one.deliver([published(open, 2)]);
    expect(await people(one)).toHaveLength(31);
  });
});
