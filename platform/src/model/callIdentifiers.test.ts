import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { identifiersOfCall } from "./callIdentifiers.ts";
import type { JsonObject, JsonValue } from "./event.ts";
import { maxIdentifiersPerEvent } from "./identifier.ts";

const of = (body: JsonObject): string[] => identifiersOfCall({ type: "track", ...body }).identifiers;

describe("identifiers of a call", () => {
  it("stand at its top", () => {
    expect(of({ userId: "ada", anonymousId: "a-1" })).toEqual(["anonymous_id:a-1", "user_id:ada"]);
    expect(of({ userId: 42, anonymousId: 0 })).toEqual(["anonymous_id:0", "user_id:42"]);
  });

  it.each<JsonValue>(["", " ", "\t\n", "\u00a0", "\u200b", null, 1.5, 1e300, true, [], ["ada"], {}, { id: "ada" }])(
    "are none where the user id is %j",
    (userId) => {
      expect(of({ userId, anonymousId: "a-1" })).toEqual(["anonymous_id:a-1"]);
    },
  );

  it("stand among traits and properties, however they are spelled", () => {
    const email = ["email:ada@example.com"];
    expect(of({ traits: { email: "Ada@Example.COM" } })).toEqual(email);
    expect(of({ context: { traits: { email: " ada@example.com" } } })).toEqual(email);
    expect(of({ properties: { email: "ada@example.com" } })).toEqual(email);
    expect(of({ traits: { phone: "+44 20 7946 0018" } })).toEqual(["phone:+442079460018"]);
    for (const [name, type] of [
      ["crm_id", "crm_id"],
      ["crmId", "crm_id"],
      ["erpId", "erp_id"],
      ["loyalty_card", "loyalty_card"],
      ["loyaltyCard", "loyalty_card"],
      ["pos_card", "pos_card"],
      ["posCard", "pos_card"],
    ] as const) {
      expect(of({ traits: { [name]: "A-7" } })).toEqual([`${type}:A-7`]);
    }
  });

  it("are what can be one: the rest is a trait and nothing more", () => {
    expect(of({ traits: { email: "not an address", phone: "12", crm_id: "", loyaltyCard: null } })).toEqual([]);
    expect(of({ traits: "ada@example.com", properties: ["ada@example.com"], context: "x" })).toEqual([]);
    expect(of({ traits: { email: ["ada@example.com"] }, context: { traits: { phone: {} } } })).toEqual([]);
  });

  it("of a group call are not the group's", () => {
    const body = { userId: "ada", groupId: "acme", traits: { email: "office@example.com" } };
    expect(of({ type: "group", ...body })).toEqual(["user_id:ada"]);
    expect(of({ type: "Group", ...body })).toEqual(["user_id:ada"]);
    expect(of({ type: "group", ...body, context: { traits: { email: "ada@example.com" } } })).toContain(
      "email:ada@example.com",
    );
  });

  it("are named by Segment's and RudderStack's external ids", () => {
    const externalIds = [
      { id: "4711", type: "paymentCard", collection: "users", encoding: "none" },
      { id: 5, type: "braze_id" },
      { id: "acme", type: "company_id", collection: "accounts" },
      { id: "x", type: "%%" },
      { type: "nothing" },
      { id: "no type" },
      "text",
      null,
      ["a"],
    ];
    expect(of({ context: { externalIds } })).toEqual(["braze_id:5", "payment_card:4711"]);
    expect(of({ context: { externalId: [{ id: "4711", type: "payment_card" }] } })).toEqual(["payment_card:4711"]);
    expect(of({ context: { externalIds: { id: "4711", type: "payment_card" } } })).toEqual([]);
  });

  it("name a phone's installation", () => {
    const id = "B5372DB0-C21E-11E4-8DFC-AA07A5B093DB";
    expect(of({ context: { device: { id } } })).toEqual([`device_id:${id.toLowerCase()}`]);
    expect(of({ context: { device: "phone" } })).toEqual([]);
  });

  it("are the same however often and in what order they are said", () => {
    const one = of({ userId: "ada", traits: { email: "ada@example.com", phone: "+442079460018" } });
    const other = of({
      properties: { phone: "+44 20 7946 0018", email: "ADA@example.com" },
      traits: { email: "ada@example.com" },
      context: { externalIds: [{ type: "userId", id: "ada" }] },
      userId: "ada",
    });
    expect(other).toEqual(one);
  });

  it("are capped: who it is stays, where it came from goes first", () => {
    const externalIds = Array.from({ length: 30 }, (_, index) => ({ type: "card", id: `c-${index}` }));
    const body = { userId: "ada", anonymousId: "a-1", traits: { email: "ada@example.com" }, context: { externalIds } };
    const { identifiers, isCapped } = identifiersOfCall(body);
    expect(isCapped).toBe(true);
    expect(identifiers).toHaveLength(maxIdentifiersPerEvent);
    expect(identifiers).toEqual(expect.arrayContaining(["user_id:ada", "email:ada@example.com"]));
    expect(identifiers).not.toContain("anonymous_id:a-1");
    expect(identifiersOfCall({ userId: "ada" }).isCapped).toBe(false);
  });

  it("are not those of an object's prototype", () => {
    const body = JSON.parse(
      '{"__proto__": {"userId": "eve"}, "constructor": {"email": "eve@example.com"}}',
    ) as JsonObject;
    expect(of({ ...body, traits: JSON.parse('{"__proto__": {"email": "eve@example.com"}}') as JsonObject })).toEqual(
      [],
    );
    expect(of({ context: JSON.parse('{"__proto__": {"device": {"id": "x"}}}') as JsonObject })).toEqual([]);
  });

  it("are sorted, unique, bounded and normalised, whatever is sent", () => {
    const text = fc.oneof(fc.string(), fc.emailAddress(), fc.constantFrom("", "ada", " ada ", "+442079460018"));
    const value = fc.oneof(text, fc.integer(), fc.jsonValue() as fc.Arbitrary<JsonValue>);
    const holder = fc.dictionary(fc.constantFrom("email", "phone", "crmId", "crm_id", "loyaltyCard"), value);
    const body = fc.record(
      {
        type: fc.constantFrom("track", "identify", "alias", "group"),
        userId: value,
        anonymousId: value,
        previousId: value,
        traits: fc.oneof(holder, value),
        properties: fc.oneof(holder, value),
        context: fc.oneof(
          fc.record({ traits: holder, device: fc.record({ id: value }), externalIds: fc.array(holder) }),
          value,
        ),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(body, (call) => {
        const { identifiers, aliasOf } = identifiersOfCall(call);
        expect(identifiers).toEqual([...new Set(identifiers)].sort());
        expect(identifiers.length).toBeLessThanOrEqual(maxIdentifiersPerEvent);
        for (const key of [...identifiers, ...aliasOf]) expect(key).toMatch(/^[a-z][a-z0-9_]{0,39}:\P{Cc}{1,256}$/u);
        if (call.type !== "alias") expect(aliasOf).toEqual([]);
      }),
    );
  });
});

describe("the previous id of an alias", () => {
  const aliasOf = (body: JsonObject): string[] => identifiersOfCall({ type: "alias", ...body }).aliasOf;

  it("may have been a user's or a visitor's", () => {
    expect(aliasOf({ userId: "ada", previousId: "a-1" })).toEqual(["anonymous_id:a-1", "user_id:a-1"]);
    expect(aliasOf({ userId: "ada", previousId: 7 })).toEqual(["anonymous_id:7", "user_id:7"]);
    expect(aliasOf({ type: "Alias", userId: "ada", previousId: "a-1" })).toHaveLength(2);
  });

  it("is nothing where it is the id itself", () => {
    expect(aliasOf({ userId: "ada", previousId: "ada" })).toEqual([]);
    expect(aliasOf({ userId: "7", previousId: 7 })).toEqual([]);
    expect(aliasOf({ userId: "ada", previousId: " ada\u200b" })).toEqual([]);
  });

  it("is nothing where it is none", () => {
    for (const previousId of ["", " ", null, true, [], {}, "x".repeat(300)]) {
      expect(aliasOf({ userId: "ada", previousId })).toEqual([]);
    }
  });
});
