import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { identifierKey, maxIdentifierLength, parseIdentifierKey } from "./identifier.ts";
import { normaliseIdentifier, normaliseIdentifierType } from "./normalise.ts";
import type { PhoneCountry } from "./normalise.ts";

function keyOf(type: string, value: unknown, country?: PhoneCountry): string | null {
  const identifier = normaliseIdentifier(type, value, country);
  return identifier === null ? null : identifierKey(identifier);
}

const types = ["email", "phone", "user_id", "device_id", "anonymous_id", "loyalty_card", "Email", "idfa", "x"];
const awkward = [
  "\u200b",
  "\ufeff",
  "\u0301",
  "\u00a0",
  "\u3000",
  "\u00a8",
  "İ",
  "ß",
  "Σ",
  "ﬁ",
  "K",
  "@",
  ".",
  "+44",
  "ª",
];
const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc
    .array(fc.constantFrom(...awkward, "a", "1", " ", "xn--", "2079460018", "example.com"))
    .map((parts) => parts.join("")),
  fc.tuple(fc.string({ unit: "grapheme", maxLength: 9 }), fc.domain()).map(([local, domain]) => `${local}@${domain}`),
  fc.stringMatching(/^(\+|00|0)?[0-9 ()-]{3,18}( ?(ext|x)\.? ?[0-9]{1,6})?$/),
);
const country = fc.constantFrom<(PhoneCountry | undefined)[]>(undefined, "GB", "US", "MX", "AR", "RU", "IT");

describe("normaliseIdentifier", () => {
  it("is idempotent, and its answer is a well-formed identifier", () => {
    fc.assert(
      fc.property(fc.constantFrom(...types), anyText, country, (type, value, from) => {
        const once = normaliseIdentifier(type, value, from);
        if (once === null) return;
        expect(normaliseIdentifier(once.type, once.value, from)).toEqual(once);
        expect(once.type).toMatch(/^[a-z][a-z0-9_]{0,39}$/);
        expect(once.value).toMatch(/^[^\p{Cc}\p{Cs}\u200b\ufeff\u2028\u2029]+$/u);
        expect(once.value.length).toBeLessThanOrEqual(maxIdentifierLength);
        expect(parseIdentifierKey(identifierKey(once))).toEqual(once);
      }),
      { numRuns: 3_000 },
    );
  });

  it("never throws, whatever it is given", () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (type, value) => {
        expect(() => normaliseIdentifier(type as string, value)).not.toThrow();
        expect(() => normaliseIdentifier("email", value)).not.toThrow();
        expect(() => normaliseIdentifier("phone", value)).not.toThrow();
      }),
    );
    expect(keyOf("phone", "020 7946 0018", "ZZ" as PhoneCountry)).toBeNull();
    expect(keyOf("phone", "020 7946 0018", "__proto__" as PhoneCountry)).toBeNull();
  });

  it.each([
    ["userId", "user_id"],
    [" user-id ", "user_id"],
    ["User ID", "user_id"],
    ["crmID", "crm_id"],
    ["IDFA", "idfa"],
    ["ios.idfa", "ios_idfa"],
    ["HTTPCookie", "http_cookie"],
    ["ｅｍａｉｌ", "email"],
    ["a".repeat(40), "a".repeat(40)],
  ])("reads the type %j as %j", (type, name) => {
    expect(normaliseIdentifierType(type)).toBe(name);
  });

  it.each(["", " ", "1st", "_id", "__proto__", "naïve", "a:b", "a/b", "a".repeat(41), "a\u0000"])(
    "refuses the type %j",
    (type) => {
      expect(normaliseIdentifierType(type)).toBeNull();
    },
  );

  it.each<[string, unknown, string | null]>([
    ["user_id", "Ada", "user_id:Ada"],
    ["user_id", "ada", "user_id:ada"],
    ["user_id", 778, "user_id:778"],
    ["user_id", -0, "user_id:0"],
    ["user_id", 1.5, null],
    ["user_id", 2 ** 53, null],
    ["user_id", Number.NaN, null],
    ["user_id", true, null],
    ["user_id", null, null],
    ["user_id", ["7"], null],
    ["user_id", "", null],
    ["user_id", " \u00a0\u2003\u0085\u2800\ufeff\u200b ", null],
    ["user_id", "\u200bA\ufeffd\u00ada\u200e\n", "user_id:Ada"],
    ["user_id", "Ada\u3000\u00a0 Lovelace", "user_id:Ada Lovelace"],
    ["user_id", "Ａｄａ", "user_id:Ada"],
    ["user_id", "e\u0301", "user_id:é"],
    ["user_id", "A\u0000da", null],
    ["user_id", "A\nda", null],
    ["user_id", "A\u2028da", null],
    ["user_id", "\ud800", null],
    ["user_id", "a:b", "user_id:a:b"],
    ["user_id", "x".repeat(256), `user_id:${"x".repeat(256)}`],
    ["user_id", "x".repeat(257), null],
    ["anonymous_id", "AbC", "anonymous_id:AbC"],
    ["device_id", "6D92078A-8246-4BA4-AE5B-76104861E7DC", "device_id:6d92078a-8246-4ba4-ae5b-76104861e7dc"],
    ["idfa", "6D92078A-8246-4BA4-AE5B-76104861E7DC", "idfa:6d92078a-8246-4ba4-ae5b-76104861e7dc"],
    ["device_id", "SN-7A", "device_id:SN-7A"],
    ["anonymous_id", "6D92078A-8246-4BA4-AE5B-76104861E7DC", "anonymous_id:6D92078A-8246-4BA4-AE5B-76104861E7DC"],
  ])("%s %j becomes %j", (type, value, key) => {
    expect(keyOf(type, value)).toBe(key);
  });

  it.each<[string, string | null]>([
    [" Ada@Example.COM ", "ada@example.com"],
    ["ADA\u200b@example.com", "ada@example.com"],
    ["ａｄａ＠ｅｘａｍｐｌｅ．ｃｏｍ", "ada@example.com"],
    ["ada+shop@example.com", "ada+shop@example.com"],
    ["ada@BÜCHER.example", "ada@xn--bcher-kva.example"],
    ["ada@xn--bcher-kva.example.", "ada@xn--bcher-kva.example"],
    ["o'neil@example.co.uk", "o'neil@example.co.uk"],
    ["ada", null],
    ["ada@", null],
    ["@example.com", null],
    ["ada@@example.com", null],
    ["ada@b@example.com", null],
    ["ada lovelace@example.com", null],
    ["Ada <ada@example.com>", null],
    ["a@example.com,b@example.com", null],
    ["ada@localhost", null],
    ["ada@127.0.0.1", null],
    ["ada@exa%6Dple.com", null],
    ["ada@-example.com", null],
    ["ada@example..com", null],
    ["ada@xn--\u0301.com", null],
    [`${"a".repeat(65)}@example.com`, null],
    [`a@${"b".repeat(64)}.com`, null],
  ])("e-mail %j becomes %j", (value, expected) => {
    expect(normaliseIdentifier("email", value)?.value ?? null).toBe(expected);
  });

  it.each<[unknown, PhoneCountry | undefined, string | null]>([
    ["+44 20 7946 0018", undefined, "+442079460018"],
    ["+44 (0)20 7946 0018", undefined, "+442079460018"],
    ["0044 20 7946 0018", undefined, "+442079460018"],
    ["020 7946 0018", "GB", "+442079460018"],
    ["020 7946 0018", undefined, null],
    [447911123456, "GB", "+447911123456"],
    ["٠٢٠٧٩٤٦٠٠١٨", "GB", "+442079460018"],
    ["＋４４２０７９４６００１８", undefined, "+442079460018"],
    ["+1 202 555 0123 ext. 5", undefined, "+12025550123;ext=5"],
    ["+12025550123;ext=5", undefined, "+12025550123;ext=5"],
    ["call +442079460018 now", undefined, null],
    ["+1555", undefined, null],
    ["+999 123 456 789", undefined, null],
    ["+".repeat(200), undefined, null],
    ["", "GB", null],
    ["n/a", "GB", null],
  ])("phone %j in %s becomes %j", (value, from, expected) => {
    expect(normaliseIdentifier("phone", value, from)?.value ?? null).toBe(expected);
  });

  it("remembers phones without mixing up countries or running over its bound", () => {
    for (let n = 0; n < 3; n += 1) {
      expect(keyOf("phone", "020 7946 0018", "GB")).toBe("phone:+442079460018");
      expect(keyOf("phone", "020 7946 0018")).toBeNull();
    }
    for (let n = 0; n < 10_500; n += 1) expect(keyOf("phone", `x${n}`)).toBeNull();
    expect(keyOf("phone", "020 7946 0018", "GB")).toBe("phone:+442079460018");
  });
});
