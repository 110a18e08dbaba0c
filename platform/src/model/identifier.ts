/**
 * An identifier is a typed value that a source uses for a person: `email:ada@example.com`, `loyalty_card:778`.
 * Inside the platform only normalised identifiers exist; they travel as keys, `type:value`.
 */
export interface Identifier {
  /** Lower-case snake_case, `^[a-z][a-z0-9_]{0,39}$`. Well-known types are named in the identity rules. */
  readonly type: string;
  /** Normalised, 1 to `maxIdentifierLength` UTF-16 units, without control characters. */
  readonly value: string;
}

/** `type:value`; the type holds no colon, so the first colon parts them. */
export type IdentifierKey = string;

export const maxIdentifierLength = 256;
export const maxIdentifiersPerEvent = 10;

export function identifierKey(identifier: Identifier): IdentifierKey {
  return `${identifier.type}:${identifier.value}`;
}

/** The inverse of {@link identifierKey}; throws a TypeError on a key without a colon (a programming error). */
export function parseIdentifierKey(key: IdentifierKey): Identifier {
  const colon = key.indexOf(":");
  if (colon < 1) throw new TypeError("an identifier key is `type:value`");
  return { type: key.slice(0, colon), value: key.slice(colon + 1) };
}
