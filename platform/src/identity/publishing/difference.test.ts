import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defaultIdentityRules } from "../retailRules.ts";
import { rulesHash } from "../rulesInForce.ts";
import { documentChanges, withChange } from "./difference.ts";

const limit = fc.integer({ min: 1, max: 9 });
const document = fc.record({
  types: fc.dictionary(
    fc.constantFrom("email", "phone", "card"),
    fc.record({ limit, blocked: fc.constant({ a: ["x"] }) }),
  ),
  blocked: fc.record({ values: fc.uniqueArray(fc.constantFrom("null", "none", "nil")) }),
  hubThreshold: limit,
});

describe("what differs between two documents", () => {
  it("is named by its path; of lists what goes and what comes", () => {
    const { email, ...types } = defaultIdentityRules.types;
    const changed = {
      ...defaultIdentityRules,
      types: { ...types, phone: { ...types["phone"], limit: 2 }, till: { kind: "plain", rank: 1, limit: 1 } },
      blocked: { ...defaultIdentityRules.blocked, values: [...defaultIdentityRules.blocked.values, "kasse"].slice(1) },
    };
    expect(documentChanges(defaultIdentityRules, changed)).toEqual([
      { path: "blocked.values", before: ["null"], after: ["kasse"] },
      { path: "types.email", before: email },
      { path: "types.phone.limit", before: 5, after: 2 },
      { path: "types.till", after: { kind: "plain", rank: 1, limit: 1 } },
    ]);
  });

  it("made one after another, all changes of one document give the other", () => {
    fc.assert(
      fc.property(document, document, (before, after) => {
        const paths = documentChanges(before, after).map(({ path }) => path);
        const made = paths.reduce((changed, path) => withChange(changed, after, path), before);
        expect(documentChanges(made, after)).toEqual([]);
        expect(documentChanges(before, before)).toEqual([]);
        const [path] = paths;
        if (path !== undefined)
          expect(documentChanges(before, withChange(before, after, path))).toMatchObject([{ path }]);
      }),
    );
  });
});

describe("a document's hash", () => {
  it("is of its contents, however its fields are ordered", () => {
    const { types, ...rest } = defaultIdentityRules;
    expect(rulesHash({ ...rest, types })).toBe(rulesHash(defaultIdentityRules));
    expect(rulesHash(JSON.parse(JSON.stringify(defaultIdentityRules)))).toBe(rulesHash(defaultIdentityRules));
    fc.assert(
      fc.property(document, document, (one, other) => {
        const isSame = JSON.stringify(one) === JSON.stringify(other);
        if (documentChanges(one, other).length > 0) expect(rulesHash(one)).not.toBe(rulesHash(other));
        if (isSame) expect(rulesHash(one)).toBe(rulesHash(other));
      }),
    );
  });
});
