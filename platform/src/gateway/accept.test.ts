import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  callTypes,
  maxDepth,
  maxRejectedBodyChars,
  type AcceptedEvent,
  type JsonValue,
  type RejectedCall,
} from "../model/event.ts";
import type { Source } from "../model/source.ts";
import { acceptCall, type AcceptOptions, type Received } from "./accept.ts";

const source: Source = { id: "web", name: "Web", kind: "web", enabled: true, maxEventsPerSecond: null, createdAt: 0 };
const at = Date.UTC(2026, 10, 24, 12);
const options: AcceptOptions = {
  maxEventBytes: 32_768,
  allowGuests: false,
  newMessageId: () => "made",
  mayBeUnstorable: true,
};
const judge = (call: unknown, received: Partial<Received> = {}, more: Partial<AcceptOptions> = {}) =>
  acceptCall(call, source, { at, ...received }, { ...options, ...more });
const accepted = (
  call: unknown,
  received: Partial<Received> = {},
  more: Partial<AcceptOptions> = {},
): AcceptedEvent => {
  const { record } = judge(call, received, more);
  if (record.status === "rejected") throw new Error(`refused: ${JSON.stringify(record.reason)}`);
  return record;
};
const rejected = (call: unknown, received: Partial<Received> = {}, more: Partial<AcceptOptions> = {}): RejectedCall => {
  const { record } = judge(call, received, more);
  if (record.status === "accepted") throw new Error("taken");
  return record;
};
const track = { type: "track", userId: "ada", event: "Product Viewed", messageId: "m-1" };

describe("an accepted call", () => {
  it("is stamped with what depends on its receipt", () => {
    const call = { ...track, timestamp: "2026-11-24T10:00:00Z", sentAt: "2026-11-24T10:00:05Z" };
    expect(accepted(call)).toEqual({
      status: "accepted",
      source: "web",
      sourceKind: "web",
      messageId: "m-1",
      type: "track",
      event: "Product Viewed",
      receivedAt: at,
      occurredAt: at - 5_000,
      originalTimestamp: Date.UTC(2026, 10, 24, 10),
      flags: [],
      identifiers: ["user_id:ada"],
      aliasOf: [],
      body: call,
    });
  });

  it("is flagged where something was odd", () => {
    const externalIds = Array.from({ length: 20 }, (_, id) => ({ type: "card", id }));
    const odd = {
      type: "track",
      userId: "ada",
      event: "e",
      timestamp: "9999-12-31T00:00:00Z",
      context: { externalIds },
    };
    const record = accepted(odd);
    expect(record.flags).toEqual(["time_out_of_range", "message_id_made", "identifiers_capped"]);
    expect(record).toMatchObject({ messageId: "made", occurredAt: at });
    for (const messageId of ["", "  ", null]) expect(accepted({ ...track, messageId }).messageId).toBe("made");
  });

  it("has the time that was said rather than the one that the library put beside it", () => {
    const said = { timestamp: "2026-01-01T00:00:00Z", originalTimestamp: "2026-11-24T10:00:00Z" };
    expect(accepted({ ...track, ...said }).occurredAt).toBe(Date.UTC(2026, 0, 1));
    expect(accepted({ ...track, originalTimestamp: said.timestamp }).occurredAt).toBe(Date.UTC(2026, 0, 1));
  });

  it.each([...callTypes, "Track", "IDENTIFY"])("may be of type %s", (type) => {
    const call = { ...track, type, groupId: "g", previousId: "a-1", name: "Home" };
    const record = accepted(call);
    expect(record.type).toBe(type.toLowerCase());
    const event = { track: "Product Viewed", page: "Home", screen: "Home" }[record.type as string] ?? null;
    expect(record.event).toBe(event);
    expect(record.aliasOf).toEqual(type === "alias" ? ["anonymous_id:a-1", "user_id:a-1"] : []);
  });

  it("may name nobody where guests are allowed", () => {
    const sale = { type: "track", event: "Order Completed", messageId: "m-1" };
    expect(rejected(sale).reason.code).toBe("user_missing");
    expect(accepted(sale, {}, { allowGuests: true }).identifiers).toEqual([]);
    for (const userId of ["", null, " "]) expect(rejected({ ...sale, userId }).reason.code).toBe("user_missing");
  });

  it("keeps its own __proto__ a key, and changes no prototype", () => {
    const text =
      '{"type":"track","userId":"ada","event":"e","context":{"__proto__":{"x":1}},"__proto__":{"userId":"eve"}}';
    const shared = JSON.parse('{"__proto__":{"polluted":true},"a":1}') as unknown;
    const record = accepted(JSON.parse(text), { context: shared });
    expect(record.identifiers).toEqual(["user_id:ada"]);
    expect(JSON.stringify(record.body)).toContain('"__proto__":{"userId":"eve"}');
    expect(record.body["context"]).toHaveProperty("a", 1);
    expect(Object.hasOwn(record.body["context"] as object, "__proto__")).toBe(true);
    expect({}).not.toHaveProperty("polluted");
  });
});

describe("a refused call", () => {
  const refusals: [name: string, call: unknown, code: string, field?: string][] = [
    ["no object", 5, "not_an_object"],
    ["a list", [track], "not_an_object"],
    ["no type", { ...track, type: undefined }, "type_missing", "type"],
    [
      "a type of a prototype",
      JSON.parse('{"__proto__":{"type":"track"},"userId":"ada","event":"e"}'),
      "type_missing",
      "type",
    ],
    ["another type", { ...track, type: "delete" }, "type_unknown", "type"],
    ["no event", { ...track, event: " " }, "event_missing", "event"],
    ["an endless event name", { ...track, event: "x".repeat(1_025) }, "name_too_long", "event"],
    ["an endless page name", { ...track, type: "page", name: "x".repeat(1_025) }, "name_too_long", "name"],
    ["no group", { ...track, type: "group" }, "group_missing", "groupId"],
    ["no previous id", { ...track, type: "alias", previousId: "" }, "previous_id_missing", "previousId"],
    ["nobody to alias", { ...track, type: "alias", previousId: "a", userId: "" }, "user_missing", "userId"],
    ["traits as text", { ...track, traits: "x" }, "wrong_type", "traits"],
    ["properties as list", { ...track, properties: [] }, "wrong_type", "properties"],
    ["a user id as truth", { ...track, userId: true }, "wrong_type", "userId"],
    ["a user id too long", { ...track, userId: "x".repeat(257) }, "id_invalid", "userId"],
    ["a user id of nothing visible", { ...track, userId: "\u200b\u200d" }, "id_invalid", "userId"],
    ["a user id with a bell", { ...track, userId: "a\u0007da" }, "id_invalid", "userId"],
    ["a user id of one and a half", { ...track, userId: 1.5 }, "id_invalid", "userId"],
    ["a visitor id beyond whole numbers", { ...track, anonymousId: 2 ** 60 }, "id_invalid", "anonymousId"],
    ["a previous id too long", { ...track, type: "alias", previousId: "x".repeat(300) }, "id_invalid", "previousId"],
    ["a message id too long", { ...track, messageId: "m".repeat(101) }, "message_id_invalid", "messageId"],
    ["NUL in a list", { ...track, properties: { a: ["x", "y\0"] } }, "text_has_nul", "properties.a[1]"],
    ["NUL in a key", { ...track, properties: { "a\0": 1 } }, "text_has_nul", "properties.a?"],
    ["half a surrogate", { ...track, traits: { a: { b: "\udc00" } } }, "text_not_unicode", "traits.a.b"],
    [
      "an infinite number",
      { ...track, properties: { a: JSON.parse("-1e999") as number } },
      "number_out_of_range",
      "properties.a",
    ],
    ["too much money", { ...track, properties: { revenue: 1.1e12 } }, "amount_out_of_range", "properties.revenue"],
    [
      "too much debt as text",
      { ...track, properties: { total: "-1100000000000" } },
      "amount_out_of_range",
      "properties.total",
    ],
    [
      "a line too dear",
      { ...track, properties: { products: [{}, { price: 1e9, quantity: 1e9 }] } },
      "amount_out_of_range",
      "properties.products[1].price",
    ],
    ["too large", { ...track, properties: { a: "x".repeat(32_768) } }, "event_too_large"],
  ];

  it.each(refusals)("with %s says so", (_, call, code, field) => {
    const { reason, messageId } = rejected(call);
    expect({ code: reason.code, field: reason.field }).toEqual({ code, field });
    expect(reason.message).toMatch(/\w{3,}.{8,}/);
    expect(reason).not.toHaveProperty("hint");
    expect(messageId).toMatch(/^(m-1|made)$/);
  });

  it("says where without quoting what", () => {
    const secret = "ada@example.com";
    for (const call of [
      { ...track, userId: secret.repeat(20) },
      { ...track, type: secret },
      { ...track, traits: secret },
      { ...track, properties: { a: `${secret}\0` } },
    ]) {
      expect(JSON.stringify(rejected(call).reason)).not.toContain(secret);
    }
  });

  it("is nested deeper than a call may be", () => {
    const nested = (brackets: number): unknown => {
      let value: JsonValue = 1;
      for (let count = 0; count < brackets; count += 1) value = [value];
      return { ...track, properties: { a: value } };
    };
    expect(accepted(nested(maxDepth - 2)).status).toBe("accepted");
    expect(rejected(nested(maxDepth - 1)).reason).toMatchObject({ code: "too_deep" });
    // Deeper than the engine itself can write.
    expect(rejected(nested(100_000))).toMatchObject({ reason: { code: "too_deep" }, body: "" });
  });

  it("is kept with the batch's context, so that it can be mended and sent again", () => {
    const { body } = rejected({ ...track, event: "" }, { context: { locale: "en" } });
    expect(JSON.parse(body)).toEqual({ ...track, event: "", context: { locale: "en" } });
  });

  it("is kept under whom it names, so that erasure finds it", () => {
    const call = { ...track, event: "", traits: { email: "Ada@example.com" } };
    expect(judge(call).identifiers).toEqual(["email:ada@example.com", "user_id:ada"]);
    expect(judge("ada").identifiers).toEqual([]);
  });

  it("is cut to what can be kept, as well-formed text", () => {
    const { body } = rejected({ ...track, properties: { a: `x${"🫖".repeat(maxRejectedBodyChars)}` } });
    expect(body.length).toBe(maxRejectedBodyChars);
    expect(body.isWellFormed()).toBe(true);
  });
});

describe("any call at all", () => {
  const text = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("", "ada", "Order Completed", "\0", "\ud800"));
  const value = fc.oneof(text, fc.double(), fc.jsonValue() as fc.Arbitrary<JsonValue>);
  const products = fc.array(fc.oneof(fc.record({ price: value, quantity: value }, { requiredKeys: [] }), value));
  const fields = Object.fromEntries(
    ["userId", "anonymousId", "previousId", "groupId", "messageId", "event", "name", "timestamp", "sentAt"].map(
      (name) => [name, value],
    ),
  );
  const holder = fc.oneof(
    fc.dictionary(fc.string({ unit: "binary" }), value),
    fc.record({ products, revenue: value }),
    value,
  );
  const call = fc.oneof(
    value,
    fc.record(
      {
        type: fc.oneof(fc.constantFrom(...callTypes, "Alias"), value),
        ...fields,
        traits: holder,
        properties: holder,
        context: holder,
      },
      { requiredKeys: [] },
    ),
  );

  it("is accepted or refused, never thrown, and comes out of the log as it went in", () => {
    fc.assert(
      fc.property(call, fc.boolean(), holder, (given, allowGuests, context) => {
        const judged = judge(given, { context, sentAt: context }, { allowGuests });
        const { record, identifiers } = judged;
        const bodyJson = Buffer.from(judged.bodyJson).toString();
        expect(JSON.parse(bodyJson)).toEqual(JSON.parse(JSON.stringify(record.body)));
        expect(record.messageId).toMatch(/^[^\0]{1,100}$/su);
        if (record.status === "rejected") return;
        expect(identifiers).toEqual(record.identifiers);
        if (!allowGuests) expect(record.identifiers.length).toBeGreaterThan(0);
        expect(bodyJson).not.toMatch(/(?<!\\)(\\\\)*\\u(0000|d[89a-f])/);
        expect(Buffer.byteLength(bodyJson)).toBeLessThanOrEqual(options.maxEventBytes);
        if (record.type === "track") expect(record.event?.trim()).toBeTruthy();
      }),
      { numRuns: 500 },
    );
  });
});
