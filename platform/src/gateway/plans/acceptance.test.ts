import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AcceptedEvent, JsonObject, JsonValue } from "../../model/event.ts";
import { decodeRecord, encodeRecord } from "../../model/logRecord.ts";
import type { PlanMode } from "../../model/trackingPlan.ts";
import type { Source } from "../../model/source.ts";
import { acceptCall, type AcceptOptions, type Judged } from "../accept.ts";
import { compilePlan, type CompiledPlan } from "./judging.ts";
import { readPlan } from "./readPlan.ts";

const source: Source = { id: "web", name: "Web", kind: "web", enabled: true, maxEventsPerSecond: null, createdAt: 0 };
const options: AcceptOptions = {
  maxEventBytes: 32_768,
  allowGuests: true,
  newMessageId: () => "made",
  mayBeUnstorable: true,
};
const at = Date.UTC(2026, 10, 30);

const name = fc.constantFrom("email", "phone", "crmId", "sku", "price", "products", "plan", "__proto__", "constructor");
const value: fc.Arbitrary<JsonValue> = fc.oneof(
  fc.constantFrom<JsonValue>("ada@example.com", "0161 496 0000", "7", 7, null, true, "x".repeat(9)),
  fc.array(fc.dictionary(fc.constantFrom("sku", "price"), fc.constantFrom<JsonValue>("a", 1, null)), { maxLength: 3 }),
);
const holder = fc
  .array(fc.tuple(name, value), { maxLength: 6 })
  .map(
    (entries) =>
      JSON.parse(
        `{${entries.map((each) => `${JSON.stringify(each[0])}:${JSON.stringify(each[1])}`).join()}}`,
      ) as JsonObject,
  );
const call = fc
  .record({
    type: fc.constantFrom("track", "identify", "group", "page", "alias"),
    event: fc.constantFrom("Order Completed", "Unplanned"),
    userId: fc.constantFrom("ada", "bob"),
    anonymousId: fc.constantFrom("a-1", null),
    groupId: fc.constant("g"),
    previousId: fc.constant("p-1"),
    messageId: fc.constantFrom("m-1", "m-2"),
    traits: holder,
    properties: holder,
    context: fc.record({ traits: holder }),
  })
  .map((each) => each as JsonObject);
const schema = fc
  .record({
    additionalProperties: fc.boolean(),
    required: fc.subarray(["email", "sku", "price"]),
    properties: fc.dictionary(
      fc.constantFrom("email", "phone", "sku", "price", "products"),
      fc.constantFrom<JsonObject>(
        { type: "string" },
        { type: "number", maximum: 5 },
        { pattern: "^[a-f]" },
        {
          items: {
            type: "object",
            required: ["sku"],
            additionalProperties: false,
            properties: { sku: { type: "string" } },
          },
        },
        { anyOf: [{ type: "number" }, { const: "7" }] },
      ),
    ),
  })
  .map((each) => each as JsonObject);
const documents = fc.record({
  events: schema.map((each) => ({ "Order Completed": each })),
  traits: schema,
  groupTraits: schema,
  pageProperties: schema,
});

const planOf = (document: object, mode: PlanMode): CompiledPlan => compilePlan(readPlan({ ...document, mode }), 4);
const judge = (given: JsonObject, plan?: CompiledPlan, text?: Buffer): Judged =>
  acceptCall(given, source, { at }, plan === undefined ? options : { ...options, plan }, text);
const bytesOf = ({ record, bodyJson }: Judged): string => Buffer.from(encodeRecord(record, bodyJson)).toString();

describe("acceptance by a plan", () => {
  it("that observes leaves every byte as without a plan, but for the mark", () => {
    fc.assert(
      fc.property(documents, call, fc.boolean(), (document, given, isText) => {
        const text = isText ? Buffer.from(JSON.stringify(given)) : undefined;
        const plain = judge(given, undefined, text);
        const observed = judge(given, planOf(document, "observe"), text);
        if (observed.record.status === "rejected" || observed.record.plan === undefined) {
          expect(bytesOf(observed)).toBe(bytesOf(plain));
          return;
        }
        const { plan, ...record } = observed.record;
        expect(plan.version).toBe(4);
        expect(plan.violations.length).toBeGreaterThan(0);
        expect(bytesOf({ ...observed, record })).toBe(bytesOf(plain));
      }),
    );
  });

  it("that drops never changes who it is, its ids, or whether it is taken", () => {
    fc.assert(
      fc.property(documents, call, (document, given) => {
        const before = JSON.stringify(given);
        const plain = judge(given);
        const dropped = judge(given, planOf(document, "drop"));
        expect(JSON.stringify(given)).toBe(before);
        expect(dropped.record.status).toBe(plain.record.status);
        expect(dropped.identifiers).toEqual(plain.identifiers);
        if (dropped.record.status === "rejected") return;
        const { body, plan: _, ...head } = dropped.record;
        const { body: whole, ...plainHead } = plain.record as AcceptedEvent;
        expect(head).toEqual(plainHead);
        for (const key of Object.keys(whole)) {
          if (key === "traits" || key === "properties") expectWithin(body[key], whole[key]);
          else expect(body[key]).toEqual(whole[key]);
        }
        // What is left has nothing to drop any more.
        const again = planOf(document, "drop").judge({ type: head.type, event: head.event, body });
        const left = (again?.mark.violations ?? []).filter(
          ({ kind }) => !["required_missing", "unplanned_property"].includes(kind),
        );
        expect(left).toEqual([]);
        expect(decodeRecord(encodeRecord(dropped.record, dropped.bodyJson))).toEqual(dropped.record);
      }),
    );
  });

  it("that rejects refuses exactly what the others mark, keeping what was sent", () => {
    fc.assert(
      fc.property(documents, call, (document, given) => {
        const observed = judge(given, planOf(document, "observe")).record;
        const refused = judge(given, planOf(document, "reject")).record;
        const isMarked = observed.status === "accepted" && observed.plan !== undefined;
        const isRefused = refused.status === "rejected" && refused.reason.code === "plan_violation";
        expect(isRefused).toBe(isMarked);
        if (refused.status === "rejected") expect(refused.body).toBe(JSON.stringify(given));
      }),
    );
  });
});

/** Objects may have lost keys, and nothing else. */
function expectWithin(part: unknown, whole: unknown): void {
  if (typeof whole !== "object" || whole === null) {
    expect(part).toEqual(whole);
    return;
  }
  if (Array.isArray(whole)) {
    expect(Array.isArray(part) && part.length).toBe(whole.length);
    for (const [index, each] of whole.entries()) expectWithin((part as unknown[])[index], each);
    return;
  }
  for (const [key, each] of Object.entries(part as object)) {
    expect(Object.hasOwn(whole, key)).toBe(true);
    expectWithin(each, (whole as Record<string, unknown>)[key]);
  }
}
