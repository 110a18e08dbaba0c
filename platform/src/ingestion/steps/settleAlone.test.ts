import { describe, expect, it } from "vitest";
import { accepted, foldingHarness, type Folding } from "../../../test/pipelineHarness.ts";
import { defaultIdentityRules } from "../../identity/index.ts";
import type { IdentityAndProfiles } from "../../storage/identityAndProfiles.ts";

/** A pipeline that counts how often whole evidence components are read. */
async function counted(use: (one: Folding, reads: () => number) => Promise<void>): Promise<void> {
  let reads = 0;
  const counting = (store: IdentityAndProfiles): IdentityAndProfiles => ({
    ...store,
    components: (numbers) => {
      if (numbers.length > 0) reads += 1;
      return store.components(numbers);
    },
  });
  const one = await foldingHarness(defaultIdentityRules, counting);
  try {
    await use(one, () => reads);
  } finally {
    await one.close();
  }
}

const day = 86_400_000;
const start = Date.UTC(2026, 0, 1);
let messages = 0;
function seen(at: number, ...identifiers: string[]) {
  return accepted({ messageId: `s${(messages += 1)}`, identifiers, occurredAt: start + at * day });
}

describe("people whom nothing keeps apart", () => {
  it("meet without a look at the evidence there was before", () =>
    counted(async (one, reads) => {
      for (let who = 0; who < 20; who++) {
        await one.deliver([seen(1, `anonymous_id:a${who}`), seen(2, `crm_id:c${who}`, `email:e${who}@example.com`)]);
        await one.deliver([seen(3, `anonymous_id:a${who}`, `user_id:u${who}`)]);
        await one.deliver([seen(4, `user_id:u${who}`, `email:e${who}@example.com`), seen(0, `crm_id:c${who}`)]);
      }
      expect(reads()).toBe(0);
      const profiles = await one.profiles();
      expect(profiles).toHaveLength(20);
      for (const { identifiers, computed, firstSeenAt } of profiles) {
        expect(identifiers.map(({ type }) => type).sort()).toEqual(["anonymous_id", "crm_id", "email", "user_id"]);
        expect([computed.eventCount, firstSeenAt]).toEqual([5, "2026-01-01T00:00:00.000Z"]);
      }
    }));

  it("are looked at in full as soon as a limit, an alias, a hub or a correction may part them", () =>
    counted(async (one, reads) => {
      await one.deliver([seen(1, "user_id:u1", "email:a@example.com")]);
      expect(reads()).toBe(0);
      await one.deliver([seen(2, "user_id:u2", "email:a@example.com")]);
      expect(reads()).toBe(1);
      expect(await one.profiles()).toHaveLength(2);
      await one.deliver([seen(3, "user_id:u2", "anonymous_id:x")]);
      expect(reads()).toBe(2);
      await one.deliver([accepted({ messageId: "alias", identifiers: ["user_id:u3"], aliasOf: ["anonymous_id:y"] })]);
      const before = reads();
      await one.deliver([seen(4, "anonymous_id:y", "email:y@example.com")]);
      expect(reads()).toBeGreaterThan(before);
      expect((await one.profile("user_id", "u3"))?.identifiers).toHaveLength(3);
    }));
});
