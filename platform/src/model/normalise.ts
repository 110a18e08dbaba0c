import { domainToASCII } from "node:url";
import type { CountryCode } from "libphonenumber-js/min";
import { maxIdentifierLength } from "./identifier.ts";
import type { Identifier } from "./identifier.ts";
import { phoneNumbers } from "./phoneNumbers.ts";

/** Stored beside what was normalised; another version is a rebuild. */
export const normaliserVersion = 1;

/** ISO 3166-1 alpha-2, upper case; numbers without a country code are read as that country's. */
export type PhoneCountry = CountryCode;

/** UTF-16 units before normalisation: Unicode forms may shrink a value, but not by this much in good faith. */
const maxRawLength = 4 * maxIdentifierLength;
/** Texts whose parsed phone number is remembered: parsing takes tens of microseconds, and customers repeat. */
const maxRememberedPhones = 10_000;

/**
 * The one form of an identifier, or null when it cannot be one. Pure, idempotent, never throws.
 *
 * Type: camelCase, spaces, dots and hyphens to lower-case snake_case (`userId`, `user-id` → `user_id`).
 * Value: text, or a safe integer in decimal. Unicode NFKC; invisible characters (zero-width, byte order mark, bidi
 * marks, soft hyphen) removed; white space trimmed, inside runs become one space; control characters and lone
 * surrogates refused. Then by type:
 *
 * - `email`: lower-case (whole address: in practice no mailbox differs by case), one @, domain in ASCII (IDNA).
 * - `phone`: E.164; an extension is kept as `;ext=` (colleagues share a number). A national number needs
 *   `defaultCountry`: guessed, it would be a stranger's.
 * - device and advertising ids: lower-case where they are UUIDs, which mean the same in any case.
 * - everything else keeps its case: user ids, card numbers, CRM ids and anonymous ids are case-sensitive.
 */
export function normaliseIdentifier(type: string, value: unknown, defaultCountry?: PhoneCountry): Identifier | null {
  const name = normaliseIdentifierType(type);
  if (name === null) return null;
  const text = plainText(value);
  if (text === null) return null;
  const form = formOf(name, text, defaultCountry);
  return form === null || form === "" || form.length > maxIdentifierLength ? null : { type: name, value: form };
}

/** `^[a-z][a-z0-9_]{0,39}$` or null. */
export function normaliseIdentifierType(type: string): string | null {
  if (typeof type !== "string" || type.length > maxRawLength) return null;
  if (typePattern.test(type)) return type;
  const name = type
    .normalize("NFKC")
    .trim()
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replaceAll(/([A-Z])([A-Z][a-z])/g, "$1_$2")
    .replaceAll(/[\s.-]+/g, "_")
    .toLowerCase();
  return typePattern.test(name) ? name : null;
}

const typePattern = /^[a-z][a-z0-9_]{0,39}$/;
const printableAscii = /^[\u0021-\u007e]+$/;
const invisible = /\p{Default_Ignorable_Code_Point}/gu;
/** White space of Unicode, NEL, which JavaScript does not count, and the blank Braille cell, which looks like it. */
const outerSpace = /^[\s\u0085\u2800]+|[\s\u0085\u2800]+$/g;
const refused = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;
/** Taking a character out can bring two others to compose, and that again; more rounds than this are an attack. */
const maxRounds = 4;

function plainText(value: unknown): string | null {
  if (typeof value === "number") return Number.isSafeInteger(value) ? String(value) : null;
  if (typeof value !== "string" || value.length > maxRawLength) return null;
  return printableAscii.test(value) ? value : settled(value, plainTextOnce);
}

function plainTextOnce(value: string): string | null {
  const text = value
    .normalize("NFKC")
    .replaceAll(invisible, "")
    .replaceAll(outerSpace, "")
    .replaceAll(/\p{Zs}+/gu, " ");
  return text === "" || refused.test(text) ? null : text;
}

function settled(value: string, once: (value: string) => string | null): string | null {
  let text = value;
  for (let round = 0; round < maxRounds; round += 1) {
    const next = once(text);
    if (next === null || next === text) return next;
    text = next;
  }
  return null;
}

const deviceTypes = new Set(["device_id", "advertising_id", "idfa", "idfv", "gaid", "aaid", "ios_idfa", "ios_idfv"]);
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function formOf(type: string, text: string, defaultCountry: PhoneCountry | undefined): string | null {
  if (type === "email") return settled(text, emailOnce);
  if (type === "phone") return phoneForm(text, defaultCountry);
  if (deviceTypes.has(type) && uuid.test(text)) return text.toLowerCase();
  return text;
}

const emailShape = /^([^\s@"(),:;<>[\\\]]{1,64})@([\p{L}\p{M}\p{N}.-]{1,255})$/u;
const domainShape = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})$/;

function emailOnce(text: string): string | null {
  const parts = emailShape.exec(plainTextOnce(text.toLowerCase()) ?? "");
  if (parts?.[1] === undefined || parts[2] === undefined) return null;
  const domain = asciiDomain(parts[2].replace(/\.$/, ""));
  return domainShape.test(domain) && domain.length <= 253 ? `${parts[1]}@${domain}` : null;
}

/** Empty when it is no domain. Plain ones need no IDNA, which is most of the cost. */
function asciiDomain(domain: string): string {
  return domainShape.test(domain) && !domain.includes("xn--") ? domain : domainToASCII(domain);
}

/** Least recently used first. A memo of a pure function: it changes no answer. */
const rememberedPhones = new Map<string, string | null>();

function phoneForm(text: string, defaultCountry: PhoneCountry | undefined): string | null {
  const key = `${defaultCountry ?? ""}\n${text}`;
  const known = rememberedPhones.get(key);
  const form = known === undefined ? parsedPhone(text, defaultCountry) : known;
  rememberedPhones.delete(key);
  rememberedPhones.set(key, form);
  if (rememberedPhones.size > maxRememberedPhones) {
    for (const oldest of rememberedPhones.keys()) {
      rememberedPhones.delete(oldest);
      break;
    }
  }
  return form;
}

function parsedPhone(text: string, defaultCountry: PhoneCountry | undefined): string | null {
  // 00 is the international prefix that the ITU recommends; without a country of ours there is no other.
  const international = defaultCountry === undefined ? text.replace(/^00(?=[1-9])/, "+") : text;
  // Outside of what is forgiven: without a parser no number would be one.
  const { parsePhoneNumberFromString } = phoneNumbers();
  try {
    const parsed = parsePhoneNumberFromString(international, {
      extract: false,
      ...(defaultCountry === undefined ? {} : { defaultCountry }),
    });
    if (parsed === undefined || !parsed.isPossible()) return null;
    return parsed.ext === undefined || parsed.ext === "" ? parsed.number : `${parsed.number};ext=${parsed.ext}`;
  } catch {
    // The parser throws on some countries it does not know.
    return null;
  }
}
