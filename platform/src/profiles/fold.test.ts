import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FragmentState } from "../model/fragment.ts";
import { eventOf, histories, identify, march, shuffledHistories } from "./events.fake.ts";
import {
  emptyFragment,
  foldEvent,
  maxConsentsPerFragment,
  maxNameLength,
  maxTraitsPerFragment,
  maxTraitValueBytes,
  mergeFragments,
  mayHoldConsents,
  touchesDetail,
} from "./fold.ts";
import { sortedByKey } from "./ownKeys.ts";

const ada = ["email:ada@example.com"];

function folded(events: Parameters<typeof foldEvent>[1][], identifiers: readonly string[] = ada): FragmentState {
  const state = emptyFragment("f", identifiers);
  for (const event of events) foldEvent(state, event);
  return state;
}

/** As text with sorted keys, records at every level included. */
function canonical(state: Pick<FragmentState, "spans" | "traits" | "consents">): string {
  return JSON.stringify(
    [state.spans, state.traits, state.consents].map((record) =>
      sortedByKey<unknown, unknown>(record, (value) => value),
    ),
  );
}

function consent(categoryPreferences: Record<string, boolean>, given = {}) {
  return eventOf({ body: { context: { consent: { categoryPreferences } } }, ...given });
}

describe("foldEvent", () => {
  it("counts by source and keeps the first and last time, with the id of the first", () => {
    const state = folded([
      eventOf({ occurredAt: march + 5, messageId: "b" }),
      eventOf({ occurredAt: march, messageId: "z" }),
      eventOf({ occurredAt: march, messageId: "a" }),
      eventOf({ occurredAt: march + 9, source: "constructor" }),
    ]);
    expect(state.spans["web"]).toEqual({ count: 3, firstAt: march, firstMessageId: "a", lastAt: march + 5 });
    expect(Object.keys(state.spans)).toEqual(["web", "constructor"]);
  });

  it("says when a source's first event is another than before", () => {
    const state = emptyFragment("f", ada);
    const first = eventOf({ occurredAt: march, messageId: "m" });
    expect(foldEvent(state, first).firstLowered).toBe(true);
    expect(foldEvent(state, eventOf({ occurredAt: march + 1 })).firstLowered).toBe(false);
    expect(foldEvent(state, eventOf({ occurredAt: march, messageId: "n" })).firstLowered).toBe(false);
    expect(foldEvent(state, eventOf({ occurredAt: march, messageId: "l" })).firstLowered).toBe(true);
    expect(foldEvent(state, eventOf({ occurredAt: march - 1 })).firstLowered).toBe(true);
    expect(foldEvent(state, eventOf({ source: "crm", occurredAt: march + 9 })).firstLowered).toBe(true);
  });

  it("takes traits from both places of an identify call, `traits` before `context.traits`", () => {
    const body = { traits: { city: "Paris" }, context: { traits: { city: "Rome", plan: "gold" } } };
    const state = folded([eventOf({ type: "identify", body })]);
    expect(state.traits["city"]?.value).toBe("Paris");
    expect(state.traits["plan"]?.value).toBe("gold");
  });

  it("takes no traits from other calls", () => {
    const body = { traits: { a: 1 }, context: { traits: { b: 2 } } };
    for (const type of ["track", "page", "screen", "group", "alias"] as const) {
      expect(folded([eventOf({ type, body })]).traits).toEqual({});
    }
  });

  it("lets the last writer win by time, then messageId, then source", () => {
    const writes = [
      identify({ a: "old" }, { occurredAt: march, messageId: "z", source: "web" }),
      identify({ a: "lower id" }, { occurredAt: march + 1, messageId: "a", source: "web" }),
      identify({ a: "lower source" }, { occurredAt: march + 1, messageId: "b", source: "crm" }),
      identify({ a: "last" }, { occurredAt: march + 1, messageId: "b", source: "web" }),
    ];
    for (const events of [writes, writes.toReversed()]) {
      expect(folded(events).traits["a"]).toEqual({
        value: "last",
        source: "web",
        messageId: "b",
        occurredAt: march + 1,
      });
    }
  });

  it("keeps prototype names as plain traits, consents and sources", () => {
    const traits = JSON.parse('{"__proto__": {"admin": true}, "constructor": "x", "toString": 1, "hasOwnProperty": 2}');
    const preferences = JSON.parse('{"__proto__": true, "valueOf": false}');
    const body = { traits, context: { consent: { categoryPreferences: preferences } } };
    const state = folded([eventOf({ type: "identify", body, source: "constructor" })]);
    const again: FragmentState = JSON.parse(JSON.stringify(state));
    foldEvent(again, eventOf({ type: "identify", body, source: "constructor", occurredAt: march + 1 }));
    expect(Object.keys(again.traits)).toEqual(["__proto__", "constructor", "toString", "hasOwnProperty"]);
    expect(Object.entries(again.traits)[0]?.[1]).toMatchObject({ value: { admin: true }, occurredAt: march + 1 });
    expect(Object.keys(again.consents)).toEqual(["__proto__", "valueOf"]);
    expect(Object.entries(again.spans)).toMatchObject([["constructor", { count: 2 }]]);
    expect(({} as Record<string, unknown>)["admin"]).toBeUndefined();
  });

  it("takes consents from any call, and only booleans", () => {
    const body = { context: { consent: { categoryPreferences: { email: true, ads: false, odd: "yes", none: null } } } };
    for (const type of ["track", "identify", "page", "screen", "group", "alias"] as const) {
      expect(sortedByKey(folded([eventOf({ type, body })]).consents, ({ status }) => status)).toEqual({
        ads: "denied",
        email: "granted",
      });
    }
  });

  it("lets the last consent win, a refusal as well as a grant", () => {
    const events = [
      consent({ email: true }, { occurredAt: march }),
      consent({ email: false }, { occurredAt: march + 1 }),
    ];
    for (const order of [events, events.toReversed()]) expect(folded(order).consents["email"]?.status).toBe("denied");
  });

  it("lets guests learn nothing but when", () => {
    const body = { traits: { a: 1 }, context: { consent: { categoryPreferences: { email: true } } } };
    const state = folded([eventOf({ type: "identify", identifiers: [], body })], []);
    expect(state).toMatchObject({ traits: {}, consents: {}, spans: { web: { count: 1 } } });
  });

  it.each([
    [{ traits: "text" }],
    [{ traits: [1, 2] }],
    [{ traits: null, context: null }],
    [{ context: { traits: 5, consent: [] } }],
    [{ context: { consent: { categoryPreferences: [true] } } }],
    [{ context: "text" }],
  ])("takes odd shapes for nothing: %j", (body) => {
    expect(folded([eventOf({ type: "identify", body })])).toMatchObject({ traits: {}, consents: {} });
  });

  it("says that detail changed exactly when it did", () => {
    fc.assert(
      fc.property(histories, (events) => {
        const state = emptyFragment("f", ada);
        for (const event of events) {
          const before = canonical({ ...state, spans: {} });
          const { detailChanged } = foldEvent(state, event);
          expect(detailChanged).toBe(canonical({ ...state, spans: {} }) !== before);
          if (detailChanged) expect(touchesDetail({ ...event, identifiers: ada })).toBe(true);
        }
      }),
    );
  });
});

describe("touchesDetail", () => {
  it("is false for the calls that make most of the traffic", () => {
    expect(touchesDetail(eventOf({ body: { properties: { a: 1 }, context: { traits: { b: 2 } } } }))).toBe(false);
    expect(touchesDetail(identify({}, { identifiers: [] }))).toBe(false);
    expect(touchesDetail(identify({}))).toBe(true);
    expect(touchesDetail(consent({}))).toBe(true);
  });
});

describe("mayHoldConsents", () => {
  const escaped = (name: string) => name.replaceAll(/[a-z]/g, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`);
  it("is true of every text that says something of consents, however it is spelled", () => {
    const text = JSON.stringify(consent({ email: true }));
    expect(mayHoldConsents(Buffer.from(text))).toBe(true);
    expect(mayHoldConsents(Buffer.from(text.replace("categoryPreferences", escaped("categoryPreferences"))))).toBe(
      true,
    );
    expect(mayHoldConsents(Buffer.from(text.replace("Preferences", escaped("Preferences"))))).toBe(true);
    expect(mayHoldConsents(Buffer.from(JSON.stringify(identify({ consent: true, name: "Größe" }))))).toBe(false);
  });

  it("changes nothing of what is folded", () => {
    fc.assert(
      fc.property(histories, (events) => {
        const [all, looked] = [emptyFragment("f", ["email:a"]), emptyFragment("f", ["email:a"])];
        for (const event of events) {
          const may = mayHoldConsents(Buffer.from(JSON.stringify(event)));
          expect(touchesDetail(event, may)).toBe(touchesDetail(event));
          expect(foldEvent(looked, event, may)).toEqual(foldEvent(all, event));
        }
        expect(looked).toEqual(all);
      }),
    );
  });
});

describe("bounds", () => {
  const names = Array.from({ length: maxTraitsPerFragment + 40 }, (_, index) => `t${String(index).padStart(4, "0")}`);

  it("keeps the least trait names, whatever the order and the batches", () => {
    const kept = names.slice(0, maxTraitsPerFragment);
    fc.assert(
      fc.property(
        fc.shuffledSubarray(names, { minLength: names.length }),
        fc.integer({ min: 1, max: 300 }),
        (shuffled, size) => {
          const state = emptyFragment("f", ada);
          for (let at = 0; at < shuffled.length; at += size) {
            foldEvent(state, identify(Object.fromEntries(shuffled.slice(at, at + size).map((name) => [name, 1]))));
          }
          expect(Object.keys(state.traits).sort()).toEqual(kept);
        },
      ),
      { numRuns: 20 },
    );
  });

  it("reports no change when all that came was beyond the bound", () => {
    const state = folded([identify(Object.fromEntries(names.map((name) => [name, 1])))]);
    expect(foldEvent(state, identify({ zzz: 1 })).detailChanged).toBe(false);
    expect(foldEvent(state, identify({ aaa: 1 })).detailChanged).toBe(true);
    expect(Object.keys(state.traits)).toHaveLength(maxTraitsPerFragment);
  });

  it("bounds consents likewise", () => {
    const many = Object.fromEntries(
      Array.from({ length: maxConsentsPerFragment * 2 }, (_, index) => [`c${1000 + index}`, true]),
    );
    const { consents } = folded([consent(many)]);
    expect(Object.keys(consents)).toHaveLength(maxConsentsPerFragment);
    expect(consents["c1000"]?.status).toBe("granted");
  });

  it("leaves out over-long names and values, and nothing that just fits", () => {
    const fits = "x".repeat(maxTraitValueBytes - 2);
    const { traits } = folded([
      identify({
        ["k".repeat(maxNameLength)]: 1,
        ["k".repeat(maxNameLength + 1)]: 1,
        "": 1,
        fits,
        tooLong: `${fits}x`,
        escaped: "\u0001".repeat(Math.ceil(maxTraitValueBytes / 6)),
        wide: "é".repeat(maxTraitValueBytes / 2),
        nested: { list: [fits] },
      }),
    ]);
    expect(Object.keys(traits)).toEqual(["k".repeat(maxNameLength), "fits"]);
  });

  it("does not let a value that is too large hide or replace an earlier one", () => {
    const large = "x".repeat(maxTraitValueBytes);
    const { traits } = folded([identify({ a: "kept" }), identify({ a: large }, { occurredAt: march + 1 })]);
    expect(traits["a"]?.value).toBe("kept");
  });
});

describe("mergeFragments", () => {
  it("of any split equals the fold of the whole, in any order", () => {
    fc.assert(
      fc.property(
        shuffledHistories,
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 24, maxLength: 24 }),
        ([events, shuffled], parts) => {
          const split = [0, 1, 2, 3].map((part) => folded(shuffled.filter((_, index) => parts[index] === part)));
          const whole = canonical(folded(events));
          expect(canonical(mergeFragments(split))).toBe(whole);
          const [a, b, c, d] = split.map((state) => mergeFragments([state]));
          if (a === undefined || b === undefined || c === undefined || d === undefined)
            throw new TypeError("four parts");
          expect(canonical(mergeFragments([mergeFragments([d, b]), mergeFragments([c, a])]))).toBe(whole);
        },
      ),
    );
  });

  it("leaves what it merges as it was", () => {
    const a = folded([identify({ x: 1 }), consent({ email: true })]);
    const b = folded([identify({ x: 2 }, { occurredAt: march + 1 })]);
    const before = JSON.stringify([a, b]);
    const merged = mergeFragments([a, b]);
    foldEvent({ ...emptyFragment("g", ada), ...merged }, identify({ x: 3 }, { occurredAt: march + 2 }));
    expect(JSON.stringify([a, b])).toBe(before);
  });
});
