import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keyedHash, profileIdOf } from "../model/keyedHash.ts";
import { accepted, foldingHarness, foldings, type Folding } from "../../test/pipelineHarness.ts";
import { events } from "./smallWorld.fake.ts";
import { runs } from "../../test/runs.ts";

const folding = foldings();

/** By every id that is handed out now, the profiles that it is an id of. */
async function answering(one: Folding): Promise<Map<string, string[]>> {
  const answers = new Map<string, string[]>();
  for (const { id, retiredIds } of await one.profiles()) {
    for (const each of [id, ...retiredIds]) answers.set(each, [...(answers.get(each) ?? []), id]);
  }
  return answers;
}

describe("Identity property 14: every id that was ever handed out", () => {
  it("answers with exactly one living profile, through merges, splits and hubs", async () => {
    await fc.assert(
      fc.asyncProperty(events, fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 }), async (list, sizes) => {
        const one = await foldingHarness();
        try {
          const handedOut = new Set<string>();
          for (let from = 0, turn = 0; from < list.length; turn++) {
            const size = sizes[turn % sizes.length] ?? 1;
            await one.deliver(list.slice(from, from + size));
            from += size;
            const answers = await answering(one);
            for (const id of answers.keys()) handedOut.add(id);
            for (const id of handedOut) {
              expect(answers.get(id)).toHaveLength(1);
              expect(await one.identity.of(id)).not.toBeNull();
            }
          }
        } finally {
          await one.close();
        }
      }),
      { numRuns: runs(40) },
    );
  });

  it("the living one is that of the earliest identifier by event time, whatever came first", async () => {
    const one = await folding();
    await one.deliver([
      accepted({ messageId: "m1", identifiers: ["user_id:ada"], occurredAt: 5 }),
      accepted({ messageId: "m2", identifiers: ["email:ada@example.com"], occurredAt: 3 }),
    ]);
    const [byUser, byEmail] = [await one.profile("user_id", "ada"), await one.profile("email", "ada@example.com")];
    await one.deliver([
      accepted({ messageId: "m3", identifiers: ["email:ada@example.com", "user_id:ada"], occurredAt: 9 }),
    ]);
    expect(await one.profiles()).toMatchObject([{ id: byEmail?.id, retiredIds: [byUser?.id] }]);
  });
});

describe("Identity property 17: tenants never cross-link", () => {
  it("two data directories know nothing of one another, and their ids of one identifier differ", async () => {
    const [one, other] = [await folding(), await folding()];
    await one.deliver([accepted({ messageId: "m1", identifiers: ["email:ada@example.com", "user_id:ada"] })]);
    await other.deliver([accepted({ messageId: "m1", identifiers: ["email:ada@example.com", "user_id:bob"] })]);
    expect((await one.profiles())[0]?.identifiers.map(({ value }) => value)).toEqual(["ada@example.com", "ada"]);
    expect((await other.profiles())[0]?.identifiers.map(({ value }) => value)).toEqual(["ada@example.com", "bob"]);
    const ids = [1, 2].map((key) => profileIdOf(keyedHash(Buffer.alloc(32, key)), "email:ada@example.com"));
    expect(new Set(ids).size).toBe(2);
  });
});
