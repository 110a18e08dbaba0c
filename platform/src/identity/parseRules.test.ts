import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Problem } from "../model/problem.ts";
import { decide } from "./decisions.ts";
import { parseIdentityRules } from "./parseRules.ts";
import { defaultIdentityRules } from "./retailRules.ts";
import { processorTime } from "../../test/processorTime.ts";

function problemOf(document: unknown): Problem {
  try {
    parseIdentityRules(document);
  } catch (problem) {
    if (problem instanceof Problem) return problem;
    throw problem;
  }
  throw new Error("the document was accepted");
}

const email = { kind: "personal", rank: 1, limit: 5, bridges: true };

describe("parseIdentityRules", () => {
  it("takes the defaults, written as JSON and read again, as they are", () => {
    const read: unknown = JSON.parse(JSON.stringify(defaultIdentityRules));
    expect(parseIdentityRules(read)).toEqual(defaultIdentityRules);
  });

  it("what it takes is at work", () => {
    const rules = parseIdentityRules({
      ...defaultIdentityRules,
      blocked: { values: ["Kasse 1"], patterns: ["^tmp-"] },
    });
    expect(decide({ type: "user_id", value: "KASSE1" }, [], rules)).toBe("blocked");
    expect(decide({ type: "user_id", value: "TMP-7" }, [], rules)).toBe("blocked");
    expect(decide({ type: "user_id", value: "null" }, [], rules)).toBe("ordinary");
  });

  it.each<[string | undefined, object | null]>([
    [undefined, null],
    [undefined, []],
    ["hubThreshold", { hubThreshold: undefined }],
    ["hubThreshold", { hubThreshold: 2.5 }],
    ["hubThreshold", { hubThreshold: 1 }],
    ["hubThreshold", { hubThreshold: "3" }],
    ["sharedDeviceLogins", { sharedDeviceLogins: 0 }],
    ["maxEvidenceIdentifiers", { maxEvidenceIdentifiers: 1e9 }],
    ["crowdThreshold", { crowdThreshold: 5 }],
    ["extra", { extra: 1 }],
    ["types", { types: [] }],
    ["types.userId", { types: { userId: email } }],
    ["types.__proto__", { types: JSON.parse('{"__proto__": {}}') as object }],
    ["types.email", { types: { email: 7 } }],
    ["types.email.rank", { types: { email: { kind: "personal", limit: 1, bridges: true } } }],
    ["types.email.bridges", { types: { email: { ...email, bridges: "yes" } } }],
    ["types.email.bridges", { types: { email: { kind: "personal", rank: 1, limit: 5 } } }],
    ["types.email.crowd", { types: { email: { ...email, crowd: 1 } } }],
    ["types.email.crowd", { types: { email: { ...email, crowd: 5 } } }],
    ["types.email.kind", { types: { email: { ...email, kind: "sure" } } }],
    ["types.email.limit", { types: { email: { ...email, limit: 0 } } }],
    ["types.email.limit", { types: { email: { ...email, kind: "unique", limit: 2 } } }],
    ["types.email.blocked.patterns", { types: { email: { ...email, blocked: { values: [] } } } }],
    [
      "types.email.blocked.patterns[1]",
      { types: { email: { ...email, blocked: { values: [], patterns: ["a", "("] } } } },
    ],
    ["blocked.patterns[0]", { blocked: { values: [], patterns: ["^(\\d)\\1+$"] } }],
    ["blocked.patterns[0]", { blocked: { values: [], patterns: ["^(?<digit>\\d)\\k<digit>+$"] } }],
    ["blocked.patterns[0]", { blocked: { values: [], patterns: ["^(?!ada)"] } }],
    ["blocked.patterns[0]", { blocked: { values: [], patterns: ["(?<=a)b"] } }],
    ["blocked.patterns[0]", { blocked: { values: [], patterns: ["((a{1000}){1000}){1000}"] } }],
    ["blocked.patterns[1]", { blocked: { values: [], patterns: ["x{900}", "y{900}{1}z{900}"] } }],
    ["blocked.patterns[2]", { blocked: { values: [], patterns: ["x{900}", "y{900}", "z{900}"] } }],
    ["blocked.values[0]", { blocked: { values: [""], patterns: [] } }],
    ["blocked.values[0]", { blocked: { values: ["a".repeat(201)], patterns: [] } }],
    ["blocked.values", { blocked: { values: "null", patterns: [] } }],
    ["ruleRanks.alias", { ruleRanks: { seen_together: 1 } }],
    ["ruleRanks.similar", { ruleRanks: { alias: 1, seen_together: 1, similar: 1 } }],
  ])("refuses a wrong %s, saying where and how to mend it", (field, change) => {
    const document = change === null || Array.isArray(change) ? change : { ...defaultIdentityRules, ...change };
    const problem = problemOf(document);
    expect(problem).toMatchObject({ status: 400, code: "invalid_identity_rules", field });
    expect(problem.message).toMatch(/ (is|has|looks|contradicts) .*\.$/);
    expect(problem.hint).toMatch(/\.$/);
  });

  it("Identity property 18: what is only likely joins nobody, as no rule but what sources show and say has a rank", () => {
    const rules = Object.keys(parseIdentityRules(defaultIdentityRules).ruleRanks);
    expect(rules.toSorted()).toEqual(["alias", "seen_together"]);
    for (const rule of ["probabilistic", "similar", "linked"]) {
      const ruleRanks = { ...defaultIdentityRules.ruleRanks, [rule]: 1 };
      expect(problemOf({ ...defaultIdentityRules, ruleRanks }).field).toBe(`ruleRanks.${rule}`);
    }
  });

  it("takes patterns on which a backtracking engine hangs, and no value takes long", () => {
    const patterns = ["^(a+)+$", "^(a|a)*$", "^([a-z]{2,}x)*$", "(.*.*.*=.*)+;$"];
    const rules = parseIdentityRules({ ...defaultIdentityRules, blocked: { values: [], patterns } });
    const workedMs = processorTime();
    for (const value of [`${"a".repeat(255)}!`, "ax".repeat(128), "=".repeat(256)]) {
      decide({ type: "user_id", value }, [], rules);
    }
    expect(decide({ type: "user_id", value: "a".repeat(256) }, [], rules)).toBe("blocked");
    expect(workedMs()).toBeLessThan(1_000);
  });

  it("answers anything at all with rules or a Problem", () => {
    const anyField = fc.constantFrom(...Object.keys(defaultIdentityRules));
    fc.assert(
      fc.property(anyField, fc.anything(), (field, value) => {
        const document = { ...defaultIdentityRules, [field]: value };
        try {
          expect(parseIdentityRules(document)).toEqual(document);
        } catch (problem) {
          expect(problem).toBeInstanceOf(Problem);
        }
      }),
      { numRuns: 500 },
    );
  });
});
