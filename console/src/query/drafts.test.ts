import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Draft, draftName, maxDrafts, parseDrafts, withDraft } from "./drafts.ts";

const draft = fc.record({ id: fc.string({ minLength: 1, maxLength: 4 }), sql: fc.string(), changedAt: fc.nat() });

describe("drafts", () => {
  it("come back as they were kept, the newest first, whatever else lies in the storage", () => {
    fc.assert(
      fc.property(fc.array(draft), fc.array(fc.jsonValue()), (drafts, rubbish) => {
        const stored = JSON.stringify([
          ...drafts,
          ...rubbish.filter((value) => value === null || typeof value !== "object"),
        ]);
        const times = parseDrafts(stored).map(({ changedAt }) => changedAt);
        expect(times).toEqual(drafts.map(({ changedAt }) => changedAt).sort((a, b) => b - a));
      }),
    );
    for (const stored of [null, "", "{", "{}", "7", '"x"']) expect(parseDrafts(stored)).toEqual([]);
  });

  it("are one a name, bounded, and the last change wins", () => {
    fc.assert(
      fc.property(fc.array(draft, { maxLength: 80 }), (changes) => {
        const kept = changes.reduce<Draft[]>(withDraft, []);
        expect(kept.length).toBe(Math.min(maxDrafts, new Set(changes.map(({ id }) => id)).size));
        for (const { id, sql } of kept) expect(changes.findLast((each) => each.id === id)?.sql).toBe(sql);
      }),
    );
  });

  it("are called by their first words", () => {
    expect(draftName({ sql: "-- revenue\nSELECT  1\n/* two */ FROM events" })).toBe("SELECT 1 FROM events");
    expect(draftName({ sql: "  " })).toBe("");
  });
});
