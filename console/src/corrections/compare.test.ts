import { describe, expect, it } from "vitest";
import { compared, winnings } from "./compare.ts";
import type { PersonSeen } from "./correctionQueries.ts";

const at = "2026-11-24T12:00:00.000Z";
const trait = (value: unknown, source = "crm") => ({ value, source, messageId: "m1", occurredAt: at });

function person(key: string, traits: Record<string, unknown>): PersonSeen {
  const told = Object.fromEntries(Object.entries(traits).map(([name, value]) => [name, trait(value)]));
  return { identifiers: [key], profile: { id: `p_${key}`, traits: told } };
}

describe("two customers side by side", () => {
  const ana = person("user_id:ana", { name: "Ana Silva", city: "Porto", size: 38 });
  const anna = person("crm_id:8", { name: "ANA SILVA ", city: "Lisboa", birthday: "1990-01-02" });

  it("names what is the same in spite of case, then what differs, then what one has alone", () => {
    expect(compared(ana, anna).map(({ name, is }) => [name, is])).toEqual([
      ["name", "same"],
      ["city", "differs"],
      ["birthday", "single"],
      ["size", "single"],
    ]);
    expect(compared(anna, ana).map(({ is }) => is)).toEqual(["same", "differs", "single", "single"]);
  });

  it("tells which value counts for both, and over which", () => {
    const both = {
      identifiers: ["crm_id:8", "user_id:ana"],
      profile: { ...ana.profile, traits: { city: trait("Lisboa") } },
    };
    expect(winnings([ana, anna], [both])).toEqual([{ name: "city", won: trait("Lisboa"), lost: [trait("Porto")] }]);
    // Nobody wins where a person is taken apart, nor for somebody who is as before.
    expect(winnings([both], [ana, anna])).toEqual([]);
    expect(winnings([ana], [ana])).toEqual([]);
  });
});
