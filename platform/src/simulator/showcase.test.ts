import { describe, expect, it } from "vitest";
import { personaOf, type RetailerPlan } from "./persona.ts";
import { showcaseOf } from "./showcase.ts";

const namesOf = (of: RetailerPlan): string[] =>
  Array.from({ length: of.customers }, (_, index) => {
    const { given, family } = personaOf(of, index).name;
    return `${given} ${family}`;
  });
const plan = { customers: 300, startMs: Date.UTC(2026, 4, 24), days: 60 };

describe("whom the demo suggests", () => {
  it("is the same for the same plan, and two people of different names, one of a name of their own", () => {
    for (let seed = 0; seed < 5; seed++) {
      const suggested = showcaseOf({ ...plan, seed });
      expect(namesOf({ ...plan, seed }).filter((name) => name === suggested.misspelt.name)).toHaveLength(1);
      expect(showcaseOf({ ...plan, seed })).toEqual(suggested);
      expect(suggested.misspelt.name).not.toBe(suggested.joined.name);
      expect(suggested.misspelt.typed).not.toBe(suggested.misspelt.name.toLowerCase());
    }
  });

  it("is there for a single customer", () => {
    expect(showcaseOf({ ...plan, seed: 1, customers: 1 }).joined.email).toContain("@");
  });
});
