import type { FragmentState } from "../model/fragment.ts";
import { parseIdentifierKey, type IdentifierKey } from "../model/identifier.ts";
import { isoTime } from "../model/isoTime.ts";
import { profileIdOf, type KeyedHash } from "../model/keyedHash.ts";
import type { OrderState } from "../model/order.ts";
import type { Profile, ProfileId } from "../model/profile.ts";
import type { Seen } from "../storage/followed.ts";
import { computedTraits } from "./computed.ts";
import { figuresOf } from "./figures.ts";
import { mergeFragments } from "./fold.ts";
import { ownValue, setOwn, sortedByKey } from "./ownKeys.ts";

export interface ProfileParts {
  /**
   * All identifiers of one person, at least one, each with the time of the earliest event that carried it (UTC ms), and
   * with `profileIdOf` it where that is known.
   */
  identifiers: readonly { readonly key: IdentifierKey; readonly firstAt: number; readonly id?: ProfileId }[];
  /** The fragments that went to this person. They may hold identifiers that are not the person's. */
  fragments: readonly FragmentState[];
  /** The orders whose owner (`ownerOf`) is one of `fragments`. */
  orders: readonly OrderState[];
  hash: KeyedHash;
  homeCurrency: string;
}

/**
 * The merge of a person's fragments and orders. A pure function of the *sets* it is given: `JSON.stringify` of the
 * answer is the same bytes for every order of them, of their records' keys, and of the events they were folded from.
 * The living id is that of the identifier seen earliest, ties by key. An identifier may be known only from fragments
 * that went to another person: it is then without sources.
 *
 * @throws TypeError without any identifier
 */
export function composeProfile(parts: ProfileParts): Profile {
  const merged = mergeFragments(parts.fragments);
  const spans = Object.values(merged.spans);
  const eventCount = spans.reduce((sum, span) => sum + span.count, 0);
  const seen = seenByIdentifier(parts).sort(bySeen);
  const [living, ...retired] = seen.map(({ key, id }) => id ?? profileIdOf(parts.hash, key));
  if (living === undefined) throw new TypeError("a person has at least one identifier");
  const whole = seenIn(spans.length > 0 ? spans : seen);
  const figures = parts.orders.toSorted(byKey).map(figuresOf);
  return {
    id: living,
    identifiers: seen.map((identifier) => ({
      ...parseIdentifierKey(identifier.key),
      firstSeenAt: isoTime(identifier.firstAt),
      lastSeenAt: isoTime(identifier.lastAt),
      sources: [...identifier.sources].sort(),
    })),
    traits: traitsOf(merged.traits),
    computed: computedTraits(figures, eventCount, parts.homeCurrency),
    consents: consentsOf(merged.consents),
    firstSeenAt: isoTime(whole.firstAt),
    lastSeenAt: isoTime(whole.lastAt),
    sources: Object.keys(merged.spans).sort(),
    retiredIds: retired.sort(),
  };
}

/** What of a profile its fragments' spans alone tell; of a person with at least one identifier. */
export function seenOf(parts: {
  identifiers: ProfileParts["identifiers"];
  fragments: readonly Pick<FragmentState, "id" | "identifiers" | "spans">[];
}): Seen {
  const identifiers = seenByIdentifier(parts);
  const spans = parts.fragments.flatMap((fragment) => Object.values(fragment.spans));
  const whole = seenIn(spans.length > 0 ? spans : identifiers);
  return {
    firstSeenAt: whole.firstAt,
    lastSeenAt: whole.lastAt,
    eventCount: spans.reduce((sum, span) => sum + span.count, 0),
    fragments: parts.fragments.map(({ id }) => id),
    identifiers: identifiers.map(({ key, firstAt, lastAt }) => ({ key, firstAt, lastAt })),
  };
}

const nameTraits = [
  ["name"],
  ["firstName", "lastName"],
  ["first_name", "last_name"],
  ["firstname", "lastname"],
] as const;
const nameIdentifiers = ["email", "phone", "user_id"] as const;
const maxDisplayNameLength = 200;

/** What to call this person in a list: their name, else e-mail address, phone number, user id or first identifier. */
export function displayNameOf(profile: Profile): string {
  for (const traits of nameTraits) {
    const name = traits
      .map((trait) => textTrait(profile, trait))
      .filter((part) => part !== "")
      .join(" ");
    if (name !== "") return name.slice(0, maxDisplayNameLength).toWellFormed();
  }
  for (const type of nameIdentifiers) {
    const identifier = profile.identifiers.find((identifier) => identifier.type === type);
    if (identifier !== undefined) return identifier.value;
  }
  const [first] = profile.identifiers;
  return first === undefined ? profile.id : `${first.type}:${first.value}`;
}

interface Between {
  firstAt: number;
  lastAt: number;
}
interface SeenIdentifier extends Between {
  readonly key: IdentifierKey;
  readonly id: ProfileId | undefined;
  readonly sources: Set<string>;
}

function seenIn(spans: readonly Between[]): Between {
  const seen = { firstAt: Infinity, lastAt: -Infinity };
  for (const { firstAt, lastAt } of spans) {
    if (firstAt < seen.firstAt) seen.firstAt = firstAt;
    if (lastAt > seen.lastAt) seen.lastAt = lastAt;
  }
  return seen;
}

function seenByIdentifier({
  identifiers,
  fragments,
}: {
  identifiers: ProfileParts["identifiers"];
  fragments: readonly Pick<FragmentState, "identifiers" | "spans">[];
}): SeenIdentifier[] {
  const byKey = new Map<IdentifierKey, SeenIdentifier>();
  for (const { key, id, firstAt } of identifiers) {
    byKey.set(key, { key, id, firstAt, lastAt: firstAt, sources: new Set() });
  }
  for (const fragment of fragments) {
    const { lastAt } = seenIn(Object.values(fragment.spans));
    for (const key of fragment.identifiers) {
      const identifier = byKey.get(key);
      if (identifier === undefined) continue;
      if (lastAt > identifier.lastAt) identifier.lastAt = lastAt;
      for (const source of Object.keys(fragment.spans)) identifier.sources.add(source);
    }
  }
  return [...byKey.values()];
}

function bySeen(a: SeenIdentifier, b: SeenIdentifier): number {
  if (a.firstAt !== b.firstAt) return a.firstAt < b.firstAt ? -1 : 1;
  return a.key < b.key ? -1 : 1;
}

function byKey(a: OrderState, b: OrderState): number {
  return a.key < b.key ? -1 : 1;
}

function traitsOf(merged: FragmentState["traits"]): Profile["traits"] {
  const traits: Profile["traits"] = {};
  for (const name of Object.keys(merged).sort()) {
    const trait = merged[name];
    if (trait === undefined || trait.value === null) continue;
    const { value, source, messageId, occurredAt } = trait;
    setOwn(traits, name, { value, source, messageId, occurredAt: isoTime(occurredAt) });
  }
  return traits;
}

function consentsOf(merged: FragmentState["consents"]): Profile["consents"] {
  return sortedByKey(merged, ({ status, source, occurredAt }) => ({ status, source, occurredAt: isoTime(occurredAt) }));
}

function textTrait(profile: Profile, name: string): string {
  const value = ownValue(profile.traits, name)?.value;
  return typeof value === "string" ? value.trim() : "";
}
