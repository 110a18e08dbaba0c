import { describe, expect, it } from "vitest";
import { changeText } from "../parts/changeText.ts";
import { changesBetween } from "../parts/documentChanges.ts";
import { withValue, writeDocument } from "../parts/jsonDocument.ts";
import { numberFields, otherFields, parseDocument, typeRows } from "./document.ts";

const document = {
  types: {
    email: { kind: "personal", rank: 70, limit: 5, bridges: true, crowd: 6, blocked: { values: ["x"], patterns: [] } },
  },
  otherTypes: { kind: "plain", rank: 80, limit: 20, bridges: false },
  blocked: { values: ["null", "none"], patterns: [] },
  hubThreshold: 3,
  ruleRanks: { alias: 20, seen_together: 10 },
  tenancies: { policy: "last" },
};

describe("a rules document in the form", () => {
  it("has fields for its numbers, rows for its types, and names what it has no field for", () => {
    expect(numberFields(document).map(({ path }) => path)).toEqual([
      "hubThreshold",
      "ruleRanks.alias",
      "ruleRanks.seen_together",
    ]);
    expect(typeRows(document).map(({ type, rank }) => [type, rank])).toEqual([
      [null, 80],
      ["email", 70],
    ]);
    expect(typeRows(document).map(({ bridges, crowd }) => [bridges, crowd])).toEqual([
      [false, null],
      [true, 6],
    ]);
    expect(typeRows(document)[1]?.blocked).toEqual({ values: ["x"], patterns: [] });
    expect(otherFields(document)).toEqual(["tenancies"]);
  });

  it("stays as it was but for what is changed", () => {
    const changed = withValue(document, ["types", "email", "limit"], 2);
    expect(changesBetween(document, changed)).toEqual([{ path: "types.email.limit", before: 5, after: 2 }]);
    const added = withValue(document, ["types", "card"], { kind: "plain", rank: 1, limit: 1 });
    expect(changesBetween(document, added)).toEqual([
      { path: "types.card", after: { kind: "plain", rank: 1, limit: 1 } },
    ]);
    expect(changesBetween(added, withValue(added, ["types", "card"], undefined))).toMatchObject([
      { path: "types.card" },
    ]);
    expect(parseDocument(writeDocument(changed)).document).toEqual(changed);
  });

  it("is told as no JSON, or no document", () => {
    expect(parseDocument("{").problem).toEqual(expect.any(String));
    expect(parseDocument("[]")).toEqual({ document: null, problem: "{ … }" });
  });
});

describe("what is told of a change", () => {
  it("names what a list loses and gains, and fields that come and go", () => {
    const [change] = changesBetween(document, withValue(document, ["blocked", "values"], ["null", "nil"]));
    expect(change).toEqual({ path: "blocked.values", before: ["none"], after: ["nil"] });
    expect(changeText(change ?? { path: "" })).toEqual({ before: "without none", after: "with nil" });
    expect(changeText({ path: "hubThreshold", before: 3, after: 4 })).toEqual({ before: "3", after: "4" });
    expect(changeText({ path: "types.card", after: { limit: 1 } })).toEqual({ before: "—", after: 'new {"limit":1}' });
    expect(changeText({ path: "types.card", before: { limit: 1 } })).toEqual({
      before: '{"limit":1}',
      after: "removed",
    });
  });
});
