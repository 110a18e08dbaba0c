import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { identifierKey } from "../model/identifier.ts";
import { normaliseIdentifier } from "../model/normalise.ts";
import { isBlocked } from "./blocked.ts";
import { decide } from "./decisions.ts";
import { people } from "./evidence.fake.ts";
import { defaultIdentityRules as rules } from "./retailRules.ts";
import { processorTime } from "../../test/processorTime.ts";

const placeholders = [
  "null NULL undefined nil none n/a N/A na unknown anonymous guest test -1 0 000 - --- ??? xxx NaN false",
  "00000000-0000-0000-0000-000000000000 {{userId}} ${user.id} %EMAIL%",
]
  .flatMap((line) => line.split(" "))
  .concat("[object Object]", "not provided", "walk-in customer", "Cash Sale");
const placeholderEmails = [
  "noreply@shop.example",
  "no-reply@x.co",
  "do_not_reply@x.co",
  "nobody@example.com",
  "test@x.co",
];
const placeholderPhones = ["+15555555555", "+449999999999", "+11234567890", "+440000000000"];

function blocked(type: string, value: string): boolean | null {
  const identifier = normaliseIdentifier(type, value);
  return identifier === null ? null : isBlocked(identifier, rules);
}

/** What people and programs do to a value without meaning another one. */
const disguises = fc
  .tuple(
    fc.array(fc.nat(5), { minLength: 60, maxLength: 60 }),
    fc.constantFrom("", " ", "\u00a0", "\u3000", "\ufeff", "\t", "\u200b \u2003"),
  )
  .map(([dice, padding]) => (value: string): string => {
    const written = Array.from(value, (character, index) => {
      const code = character.codePointAt(0) ?? 0;
      if (dice[index] === 0) return character.toUpperCase();
      if (dice[index] === 1) return `${character}\u200b`;
      if (dice[index] === 2 && code > 0x20 && code < 0x7f) return String.fromCodePoint(code + 0xfee0);
      return character;
    });
    return padding + written.join("") + padding;
  });

describe("Identity property 6: blocked or malformed values never make an edge", () => {
  it.each(placeholders)("%j is blocked in every type", (value) => {
    for (const type of ["user_id", "crm_id", "loyalty_card", "anonymous_id", "anything"]) {
      expect(blocked(type, value)).toBe(true);
    }
    // An address or a number it is not at all.
    expect(blocked("email", value)).toBeNull();
    expect(blocked("phone", value)).toBeNull();
  });

  it.each(placeholderEmails)("e-mail %j is blocked", (value) => expect(blocked("email", value)).toBe(true));
  it.each(placeholderPhones)("phone %j is blocked", (value) => expect(blocked("phone", value)).not.toBe(false));

  it("in any case, white space and Unicode form, and no edge that touches it is active", () => {
    const all = [
      ...placeholders.map((value) => ["user_id", value] as const),
      ...placeholderEmails.map((value) => ["email", value] as const),
      ...placeholderPhones.map((value) => ["phone", value] as const),
    ];
    fc.assert(
      fc.property(fc.constantFrom(...all), disguises, ([type, value], disguise) => {
        const identifier = normaliseIdentifier(type, disguise(value));
        if (identifier === null) return;
        expect(isBlocked(identifier, rules)).toBe(true);
        const key = identifierKey(identifier);
        const { persons, edges } = people(
          ["email:ada@x.co", "email:bob@x.co"].map((email, at) => ({
            identifiers: [email, key],
            source: "web",
            at,
            messageId: `m${at}`,
          })),
          rules,
        );
        expect(persons).toEqual([["email:ada@x.co"], ["email:bob@x.co"]]);
        expect(edges.map(({ reason }) => reason?.code)).toEqual(["blocked", "blocked"]);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ["user_id", "7"],
    ["user_id", "testa"],
    ["user_id", "nullarbor"],
    ["user_id", "x"],
    ["user_id", "10-00"],
    ["loyalty_card", "6338000000000001"],
    ["email", "ada@example.com"],
    ["email", "testament@x.co"],
    ["email", "annabel.none@x.co"],
    ["email", "guesthouse@x.co"],
    ["email", "info@x.co"],
    ["phone", "+442079460018"],
    ["phone", "+12025550123"],
    ["phone", "+15555550100"],
    ["device_id", "6d92078a-8246-4ba4-ae5b-76104861e7dc"],
    ["constructor", "c1"],
  ])("%s %s is nobody's placeholder", (type, value) => {
    expect(blocked(type, value)).toBe(false);
    expect(decide({ type, value }, [], rules)).toBe("ordinary");
  });

  it("takes no long time over the longest values", () => {
    const workedMs = processorTime();
    for (const piece of ["0", "x", "a-", "no-reply", "{{", "%a", "-", "é"]) {
      for (const type of ["user_id", "email", "phone"])
        isBlocked({ type, value: piece.repeat(256).slice(0, 256) }, rules);
    }
    expect(workedMs()).toBeLessThan(500);
  });
});
