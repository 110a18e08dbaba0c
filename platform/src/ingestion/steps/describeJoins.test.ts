import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accepted, foldingHarness, hash, foldings } from "../../../test/pipelineHarness.ts";
import { profileIdOf } from "../../model/keyedHash.ts";
import { runs } from "../../../test/runs.ts";

const folding = foldings();

const visit = accepted({ messageId: "visit", identifiers: ["anonymous_id:a"], occurredAt: 1_000 });
const order = accepted({ messageId: "order", identifiers: ["user_id:ada"], occurredAt: 2_000 });
const login = accepted({ messageId: "login", identifiers: ["anonymous_id:a", "user_id:ada"], occurredAt: 3_000 });

describe("joins that a decision tells", () => {
  it("two people that an event shows to be one: who lives on, who retired, what met", async () => {
    const one = await folding();
    expect((await one.deliver([visit, order])).joined).toBe(0);
    const { joined, joins } = await one.deliver([login]);
    expect(joined).toBe(1);
    expect(joins).toEqual([
      {
        position: 2,
        profileId: profileIdOf(hash, "anonymous_id:a"),
        retiredIds: [profileIdOf(hash, "user_id:ada")],
        identifiers: ["anonymous_id:a", "user_id:ada"],
        messageId: "login",
        source: "web",
        sourceKind: "web",
        occurredAt: 3_000,
        rule: "seen_together",
      },
    ]);
  });

  it("an alias joins too, and says so", async () => {
    const one = await folding();
    await one.deliver([visit, order]);
    const alias = accepted({
      messageId: "alias",
      type: "alias",
      identifiers: ["user_id:ada"],
      aliasOf: ["anonymous_id:a", "user_id:a"],
    });
    const { joins } = await one.deliver([alias]);
    expect(joins).toMatchObject([{ rule: "alias", messageId: "alias" }]);
    // The previous id may have been a user's or a device's: the one that nobody ever had joins nobody.
    expect(joins[0]?.identifiers.toSorted()).toEqual(["anonymous_id:a", "user_id:ada"]);
  });

  it("a chain within one batch is told by one of its events", async () => {
    const one = await folding();
    await one.deliver([visit, order]);
    const chain = [
      accepted({ messageId: "c1", identifiers: ["anonymous_id:a", "email:ada@example.com"] }),
      accepted({ messageId: "c2", identifiers: ["email:ada@example.com", "user_id:ada"] }),
    ];
    const { joined, joins } = await one.deliver(chain);
    expect(joined).toBe(1);
    expect(joins).toMatchObject([{ messageId: "c2", source: "web" }]);
  });

  it("people who appear and meet within one batch were never two", async () => {
    const one = await folding();
    expect(await one.deliver([visit, order, login])).toMatchObject({ joined: 0, joins: [] });
  });

  it("an old sight that holds again joins too; as no event of the batch names those two, it is counted and not told", async () => {
    const one = await folding();
    const at = (messageId: string, ...identifiers: string[]) => accepted({ messageId, identifiers });
    await one.deliver([at("m0", "anonymous_id:a0", "email:e0@example.com")]);
    await one.deliver([at("m1", "email:e2@example.com")]);
    await one.deliver([at("m2", "anonymous_id:a0", "user_id:u1")]);
    await one.deliver([at("m3", "email:e1@example.com", "user_id:u1")]);
    expect(await one.profiles()).toHaveLength(3);
    // Takes e1@ away from u1, with whom e0@ was seen in one browser.
    const { joined, joins } = await one.deliver([
      at("m4", "email:e1@example.com", "email:e2@example.com", "user_id:u0"),
    ]);
    expect(await one.profiles()).toHaveLength(2);
    expect({ joined, joins }).toEqual({ joined: 1, joins: [] });
  });

  it("whatever comes, what is told is true right after the decision", async () => {
    const key = fc.oneof(
      fc.nat(3).map((n) => `user_id:u${n}`),
      fc.nat(5).map((n) => `anonymous_id:a${n}`),
      fc.nat(4).map((n) => `email:e${n}@example.com`),
    );
    const steps = fc.array(fc.record({ keys: fc.uniqueArray(key, { minLength: 1, maxLength: 3 }), at: fc.nat(9) }), {
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(steps, async (given) => {
        const one = await foldingHarness();
        try {
          let before = { told: 0, joined: 0 };
          for (const [n, { keys, at }] of given.entries()) {
            const living = new Set((await one.profiles()).map((profile) => profile.id));
            const event = accepted({ messageId: `m${n}`, identifiers: keys, occurredAt: Date.UTC(2026, 0, 1) + at });
            const total = await one.deliver([event]);
            const told = total.joins.slice(before.told);
            for (const join of told) {
              const now = (await one.profiles()).find(({ id }) => id === join.profileId);
              expect(now?.retiredIds).toEqual(expect.arrayContaining(join.retiredIds));
              expect(join.retiredIds.every((id) => living.has(id))).toBe(true);
              expect(join.messageId).toBe(event.messageId);
              expect(keys).toEqual(expect.arrayContaining(join.identifiers));
            }
            // Fewer people although nothing was taken away: somebody was joined, and that was counted.
            if ((await one.profiles()).length < living.size) expect(total.joined).toBeGreaterThan(before.joined);
            before = { told: total.joins.length, joined: total.joined };
          }
        } finally {
          await one.close();
        }
      }),
      { numRuns: runs(40) },
    );
  });
});
