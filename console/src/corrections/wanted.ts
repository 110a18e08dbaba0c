import type { RequestOf } from "../api/client.ts";

/** What somebody wants to be said: merge, unmerge, apart, or corrections one by one. */
export type Wanted = RequestOf<"/api/identity/preview", "post">["body"];
type Said = NonNullable<Wanted["corrections"]>[number];

/** The most that can be said at once. */
export const maxCorrections = 20;

/** What says of each pair what held before; of a pair of which nothing did, that nothing holds. */
export function undoing(
  said: readonly { verdict: string; a: string; b: string; before: Said["verdict"] | null }[],
): Said[] {
  return said.map(({ a, b, before }) => ({ a, b, verdict: before ?? "withdrawn" }));
}

interface Evidence {
  from: string;
  to: string;
  status: string;
  kind: string;
}

/**
 * That an identifier is none of its person's: that it is another one than each that evidence ties it to directly. Null
 * where these are more than can be said at once.
 */
export function takingOut(identifier: string, edges: readonly Evidence[]): Wanted | null {
  const tied = new Set<string>();
  for (const { from, to, status, kind } of edges) {
    if (status !== "active" || kind !== "same" || from === to) continue;
    if (from === identifier) tied.add(to);
    else if (to === identifier) tied.add(from);
  }
  if (tied.size > maxCorrections) return null;
  const corrections = [...tied].sort().map((b): Said => ({ verdict: "different", a: identifier, b }));
  return { corrections };
}

/** The identifier that says most about who somebody is, `type:value`; null for a person without any. */
export function surestOf(identifiers: readonly { type: string; value: string }[]): string | null {
  const [first] = identifiers.toSorted((one, other) => rankOf(one.type) - rankOf(other.type));
  return first === undefined ? null : `${first.type}:${first.value}`;
}

/** `type:value`, those that say most first. */
export function surestFirst(keys: readonly string[]): string[] {
  const typeOf = (key: string): string => key.slice(0, key.indexOf(":"));
  return keys.toSorted((one, other) => rankOf(typeOf(one)) - rankOf(typeOf(other)));
}

function rankOf(type: string): number {
  const rank = surest.indexOf(type);
  return rank === -1 ? surest.length : rank;
}

const surest = [
  "user_id",
  "crm_id",
  "erp_id",
  "customer_id",
  "loyalty_card",
  "email",
  "phone",
  "pos_card",
  "payment_card",
  "social_handle",
];
