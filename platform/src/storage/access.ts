import type { Source, SourceKind } from "../model/source.ts";

export type SourceChange = Partial<Pick<Source, "enabled" | "maxEventsPerSecond">>;

export interface NewSource {
  id: string;
  name?: string;
  kind: SourceKind;
  /** The caller's own. */
  writeKey?: string;
}

/**
 * Sources with their write keys, and API tokens. Keys and tokens are kept only as SHA-256 hashes (they are 128 random
 * bits or more, so a fast hash is enough); the clear text is in the answer of the call that made it and nowhere else.
 */
export interface AccessStore {
  sources(): Promise<Source[]>;
  /** Problem 409 `source_exists`; 400 `source_id_invalid`, `source_kind_unknown`. `writeKey` lets a caller bring its own. */
  createSource(wanted: NewSource): Promise<{ source: Source; writeKey: string }>;
  /** The old key stops at once; a new one is made, or the given one is used. Problem 404 `source_not_found`. */
  rotateWriteKey(id: string, writeKey?: string): Promise<{ source: Source; writeKey: string }>;
  /**
   * What is not given stays. Problem 400 `source_rate_invalid` where the rate is neither null nor a whole number of 1 to
   * `mostEventsPerSecond`; 404 `source_not_found`.
   */
  changeSource(id: string, change: SourceChange): Promise<Source>;
  /** Null for an unknown key; a disabled source is returned with `enabled: false`. Called for each request: cached. */
  sourceOfWriteKey(writeKey: string): Promise<Source | null>;
  tokens(): Promise<{ id: string; name: string; createdAt: number }[]>;
  createToken(name: string): Promise<{ id: string; token: string }>;
  revokeToken(id: string): Promise<void>;
  isToken(token: string): Promise<boolean>;
  /** The id that `createToken` gave; null for an unknown or revoked token. */
  idOfToken(token: string): Promise<string | null>;
  close(): Promise<void>;
}
