import { describe, expect, it } from "vitest";
import { accepted, foldingHarness, foldings } from "../../test/pipelineHarness.ts";
import { defaultIdentityRules, type IdentityRules } from "../identity/index.ts";
import { oracle, partition } from "./smallWorld.fake.ts";

const folding = foldings();
const day = 86_400_000;
const start = Date.UTC(2026, 0, 1);
let n = 0;
const seen = (at: number, ...identifiers: string[]) =>
  accepted({ messageId: `r${(n += 1)}`, identifiers, occurredAt: start + at * day });

describe("settleAlone: an address bridges, but not where both have another beside it", () => {
  const records = [
    seen(0, "user_id:u1", "email:a1@example.com"),
    seen(0, "user_id:u1", "email:a2@example.com"),
    seen(1, "email:b@example.com", "loyalty_card:1"),
    seen(7, "email:a1@example.com", "loyalty_card:1"),
    // Late: before that.
    seen(5, "email:a1@example.com", "loyalty_card:2"),
  ];
  it("one by one is as all at once, with the default rules", async () => {
    const [live, rebuilt] = [await folding(), await folding()];
    await live.deliver(records, [1]);
    await rebuilt.deliver(records);
    expect(await partition(rebuilt)).toEqual(oracle(records));
    expect(await partition(live)).toEqual(oracle(records));
    expect(await live.differences(rebuilt)).toEqual([]);
  });
});

describe("loadEvidence: plain fragments of persons that are loaded in a later round", () => {
  it("follow their identifier", async () => {
    const rules: IdentityRules = {
      ...defaultIdentityRules,
      maxEvidenceIdentifiers: 6,
      crowdThreshold: 4,
      types: { ...defaultIdentityRules.types, email: { ...defaultIdentityRules.types["email"]!, limit: 3 } },
    };
    const batches = [
      [
        seen(7, "crm_id:v0x", "user_id:v1x", "user_id:v2x"),
        seen(6, "user_id:v2x", "user_id:v4x"),
        seen(3, "anonymous_id:v0x", "crm_id:v0x"),
      ],
      [
        accepted({
          messageId: "m6",
          identifiers: ["crm_id:v0x", "crm_id:v1x", "crm_id:v2x"],
          aliasOf: ["crm_id:v1x"],
          occurredAt: start,
        }),
        seen(7, "anonymous_id:v0x", "crm_id:v1x"),
      ],
      [seen(2, "crm_id:v0x", "user_id:v0x"), seen(3, "anonymous_id:v0x")],
    ];
    const [live, rebuilt] = [await foldingHarness(rules), await foldingHarness(rules)];
    try {
      for (const batch of batches) await live.deliver(batch);
      await rebuilt.deliver(batches.flat());
      const count = async (one: typeof live) =>
        (await one.profiles()).reduce((sum, p) => sum + p.computed.eventCount, 0);
      expect(await count(live)).toBe(await count(rebuilt));
      expect(await live.differences(rebuilt)).toEqual([]);
    } finally {
      await live.close();
      await rebuilt.close();
    }
  });
});

describe("partPlain: an earlier edge within a person alone may keep another from joining", () => {
  const records = [
    seen(0, "user_id:u1", "email:a1@example.com"),
    seen(0, "user_id:u1", "email:a2@example.com"),
    seen(0, "loyalty_card:2"),
    seen(1, "email:b@example.com", "loyalty_card:1"),
    seen(7, "email:a1@example.com", "loyalty_card:1"),
    seen(9, "email:a1@example.com", "loyalty_card:2", "odd:1"),
    // Late, a combination that is new of a pair that is known.
    seen(5, "email:a1@example.com", "loyalty_card:2"),
  ];
  it("one by one is as all at once, with the default rules", async () => {
    const [live, rebuilt] = [await folding(), await folding()];
    await live.deliver(records, [1]);
    await rebuilt.deliver(records);
    expect.soft(await partition(rebuilt), "at once").toEqual(oracle(records));
    expect.soft(await partition(live), "one by one").toEqual(oracle(records));
    expect.soft(await live.differences(rebuilt)).toEqual([]);
  });
});
