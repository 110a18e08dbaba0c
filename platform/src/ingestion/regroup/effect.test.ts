import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openEverybody } from "../../adapters/embedded/state/stateStore.ts";
import { defaultIdentityRules, type IdentityRules, type RulesEffect } from "../../identity/index.ts";
import type { Profile } from "../../model/profile.ts";
import { accepted, foldingHarness, foldings, hash, published, type Folding } from "../../../test/pipelineHarness.ts";
import { anyRules, worldRecords } from "../rulesWorld.fake.ts";
import { rulesEffect } from "./effect.ts";
import { runs } from "../../../test/runs.ts";

const folding = foldings();

async function effectOn(one: Folding, present: IdentityRules, rules: IdentityRules): Promise<RulesEffect> {
  const everybody = openEverybody({ file: one.file, hash });
  try {
    return await rulesEffect(present, { everybody, hash, rules });
  } finally {
    await everybody.close();
  }
}

function keysOf({ identifiers }: Profile): string[] {
  return identifiers.map(({ type, value }) => `${type}:${value}`);
}

/** How many of the first share identifiers with several of the others. */
function meetingSeveral(people: readonly Profile[], others: readonly Profile[]): number {
  return people.filter((person) => {
    const keys = new Set(keysOf(person));
    return others.filter((other) => keysOf(other).some((key) => keys.has(key))).length > 1;
  }).length;
}

describe("a dry run", () => {
  it("counts what the publication then does, and touches nothing", async () => {
    await fc.assert(
      fc.asyncProperty(worldRecords("m"), anyRules, anyRules, async (events, present, rules) => {
        const one = await foldingHarness();
        try {
          await one.deliver([...events, published(present, 2)]);
          const before = await one.profiles();
          const effect = await effectOn(one, present, rules);
          expect(await one.profiles()).toEqual(before);
          await one.deliver([published(rules, 3)]);
          const after = await one.profiles();
          expect(effect.people).toEqual({ before: before.length, after: after.length });
          expect(effect.joins).toBe(meetingSeveral(after, before));
          expect(effect.splits).toBe(meetingSeveral(before, after));
          const standing = new Map(after.map((profile) => [profile.id, JSON.stringify(profile)]));
          const others = before.filter((profile) => standing.get(profile.id) !== JSON.stringify(profile));
          const ids = new Set(effect.affectedIds);
          expect(others.map(({ id }) => id).filter((id) => !ids.has(id))).toEqual([]);
          expect([effect.affected, ids.size]).toEqual([effect.affectedIds.length, effect.affectedIds.length]);
          expect(effect.affectedIds.filter((id) => !before.some((profile) => profile.id === id))).toEqual([]);
        } finally {
          await one.close();
        }
      }),
      { numRuns: runs(60) },
    );
  });

  it("by the rules that hold changes nobody, whatever they are", async () => {
    await fc.assert(
      fc.asyncProperty(worldRecords("m"), anyRules, async (events, rules) => {
        const one = await foldingHarness(rules);
        try {
          await one.deliver(events);
          const { people, ...effect } = await effectOn(one, rules, rules);
          expect(people.after).toBe(people.before);
          const nothing = { joins: 0, splits: 0, affected: 0, decisions: [], affectedIds: [], examples: [] };
          expect(effect).toEqual(nothing);
        } finally {
          await one.close();
        }
      }),
      { numRuns: runs(40) },
    );
  });

  it("says who would split, and which change of the document does it", async () => {
    const one = await folding();
    const family = ["a", "b", "c"].map((name, at) =>
      accepted({
        messageId: name,
        identifiers: ["loyalty_card:7", `email:${name}@example.com`],
        occurredAt: Date.UTC(2026, 0, 1 + at),
      }),
    );
    await one.deliver(family);
    const [profile] = await one.profiles();
    const rules: IdentityRules = {
      ...defaultIdentityRules,
      hubThreshold: 4,
      types: { ...defaultIdentityRules.types, email: { ...defaultIdentityRules.types["email"]!, limit: 2 } },
    };
    const { examples, ...effect } = await effectOn(one, defaultIdentityRules, rules);
    expect(effect).toEqual({
      people: { before: 1, after: 2 },
      joins: 0,
      splits: 1,
      affected: 1,
      decisions: [],
      affectedIds: [profile?.id],
    });
    expect(examples).toMatchObject([
      {
        kind: "split",
        before: [{ profileId: profile?.id, identifierCount: 4 }],
        after: [
          { identifiers: ["email:a@example.com", "email:b@example.com", "loyalty_card:7"] },
          { identifierCount: 1 },
        ],
        because: [{ change: { path: "types.email.limit", before: 5, after: 2 }, alone: true }],
        reasons: [expect.stringContaining("at most 2 of email")],
      },
    ]);
  });

  it("counts identifiers that become hubs or stop being blocked, and says why who was apart joins", async () => {
    const one = await folding();
    const events = ["a", "b"].map((name) =>
      accepted({ messageId: name, identifiers: ["loyalty_card:0", `email:${name}@example.com`] }),
    );
    await one.deliver(events);
    expect(await one.profiles()).toHaveLength(2);
    const rules: IdentityRules = { ...defaultIdentityRules, blocked: { values: [], patterns: [] } };
    const effect = await effectOn(one, defaultIdentityRules, rules);
    expect(effect).toMatchObject({ people: { before: 2, after: 1 }, joins: 1, splits: 0, affected: 2 });
    expect(effect.decisions).toEqual([{ type: "loyalty_card", from: "blocked", to: "ordinary", count: 1 }]);
    expect(effect.examples[0]?.because).toMatchObject([{ change: { path: "blocked.patterns" }, alone: true }]);
  });
});
