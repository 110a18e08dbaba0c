import { chmodSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { Problem } from "../../model/problem.ts";
import type { Source, SourceKind } from "../../model/source.ts";
import type { AccessStore, NewSource, SourceChange } from "../../storage/access.ts";
import {
  checkedKey,
  checkedName,
  checkedRate,
  checkedSource,
  hashOfSecret,
  type Secrets,
  secretsFrom,
  sourceExists,
  sourceNotFound,
  tokenNotFound,
  writeKeyTaken,
} from "../../storage/accessChecks.ts";
import type { TrackingPlans } from "../../storage/trackingPlans.ts";
import { copyDatabase } from "./backup/databaseCopy.ts";
import { trackingPlanRows, trackingPlansSchema } from "./trackingPlanRows.ts";

export interface AccessStoreParts {
  /** UTC ms. */
  now: () => number;
  randomBytes: (count: number) => Uint8Array;
}

/** Of the file's format; in its `user_version`. */
export const accessFormat = 3;

const schema = `
CREATE TABLE IF NOT EXISTS sources (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, enabled INTEGER NOT NULL, created_at INTEGER NOT NULL,
  key_hash TEXT NOT NULL UNIQUE, max_events_per_second INTEGER) STRICT;
CREATE TABLE IF NOT EXISTS tokens (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, created_at INTEGER NOT NULL, hash TEXT NOT NULL UNIQUE) STRICT;
${trackingPlansSchema}
PRAGMA user_version = ${accessFormat};
`;
/** Of format 1, which knew no limits. What format 2 did not have is made where it is missing. */
const upgrade = "ALTER TABLE sources ADD COLUMN max_events_per_second INTEGER;";

export interface CopiedAccessStore extends AccessStore {
  readonly plans: TrackingPlans;
  /** A copy of the file as it is now, for a backup; nobody else can read the file meanwhile. */
  copyTo(file: string): Promise<void>;
}

/**
 * Sources, write keys and tokens in a small file of their own. All of it is in memory too, keys and tokens as their
 * hashes: a request costs one hash, an unknown key costs no more and leaves nothing behind, and a change takes effect
 * at once. Problem 500 `access_store_damaged`, `access_store_newer`; 409 `data_dir_in_use`.
 */
export async function openAccessStore(file: string, parts: AccessStoreParts): Promise<CopiedAccessStore> {
  return new EmbeddedAccessStore(openDatabase(file), parts);
}

/** SQLite's word for no file at all. */
const inMemory = ":memory:";

function openDatabase(file: string): DatabaseSync {
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(file);
    if (file !== inMemory) chmodSync(file, 0o600);
    const version = database.prepare("PRAGMA user_version").get()?.["user_version"];
    if (typeof version === "number" && version > accessFormat) throw newer(version);
    // Held for as long as it is open: where the directory's own lock was deleted, a second process stops here, before
    // it looks at the log.
    database.exec("PRAGMA locking_mode = EXCLUSIVE");
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    database.exec(`BEGIN; ${version === 1 ? upgrade : ""} ${schema} COMMIT;`);
    return database;
  } catch (error) {
    database?.close();
    if (error instanceof Problem) throw error;
    if (isBusy(error)) throw inUse();
    throw new Problem(500, "access_store_damaged", "the file of sources and tokens cannot be opened", {
      hint: "see that it can be read and written, or restore it from a backup of the data directory",
    });
  }
}

const sqliteBusy = 5;
function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && error.errcode === sqliteBusy;
}

function inUse(): Problem {
  return new Problem(409, "data_dir_in_use", "another process has the file of sources and tokens open", {
    hint: "stop the server that runs on this data directory first; its file `lock` must not be deleted",
  });
}

function newer(version: number): Problem {
  return new Problem(500, "access_store_newer", `the file of sources and tokens has format ${version}`, {
    hint: `this program reads ${accessFormat}: run the version that wrote it, or a newer one`,
  });
}

interface Token {
  id: string;
  name: string;
  createdAt: number;
}

class EmbeddedAccessStore implements CopiedAccessStore {
  readonly plans: TrackingPlans;
  readonly #database: DatabaseSync;
  readonly #parts: AccessStoreParts;
  readonly #secrets: Secrets;
  readonly #sources = new Map<string, Source>();
  /** Source ids by their write key's hash. */
  readonly #owners = new Map<string, string>();
  readonly #tokens = new Map<string, Token>();

  constructor(database: DatabaseSync, parts: AccessStoreParts) {
    this.#database = database;
    this.#parts = parts;
    this.#secrets = secretsFrom(parts.randomBytes);
    this.plans = trackingPlanRows(database, { known: (id) => this.#known(id), now: parts.now });
    for (const row of database.prepare("SELECT * FROM sources").all() as Row[]) {
      const source = sourceOf(row);
      this.#sources.set(source.id, source);
      this.#owners.set(row["key_hash"] as string, source.id);
    }
    for (const row of database.prepare("SELECT * FROM tokens").all() as Row[]) {
      this.#tokens.set(row["hash"] as string, tokenOf(row));
    }
  }

  async sources(): Promise<Source[]> {
    return [...this.#sources.values()].sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  async createSource(wanted: NewSource): Promise<{ source: Source; writeKey: string }> {
    const source = checkedSource(wanted, this.#parts.now());
    const { id, name, kind, createdAt } = source;
    if (this.#sources.has(id)) {
      throw sourceExists(id);
    }
    const { writeKey, hash } = this.#freeKey(id, wanted.writeKey);
    this.#database.prepare("INSERT INTO sources VALUES (?, ?, ?, 1, ?, ?, NULL)").run(id, name, kind, createdAt, hash);
    this.#sources.set(id, source);
    this.#owners.set(hash, id);
    return { source, writeKey };
  }

  async rotateWriteKey(id: string, wanted?: string): Promise<{ source: Source; writeKey: string }> {
    const source = this.#known(id);
    const { writeKey, hash } = this.#freeKey(id, wanted);
    this.#database.prepare("UPDATE sources SET key_hash = ? WHERE id = ?").run(hash, id);
    for (const [other, owner] of this.#owners) if (owner === id) this.#owners.delete(other);
    this.#owners.set(hash, id);
    return { source, writeKey };
  }

  async changeSource(id: string, { enabled, maxEventsPerSecond }: SourceChange): Promise<Source> {
    const before = this.#known(id);
    const source: Source = {
      ...before,
      enabled: enabled ?? before.enabled,
      maxEventsPerSecond:
        maxEventsPerSecond === undefined ? before.maxEventsPerSecond : checkedRate(maxEventsPerSecond),
    };
    this.#database
      .prepare("UPDATE sources SET enabled = ?, max_events_per_second = ? WHERE id = ?")
      .run(source.enabled ? 1 : 0, source.maxEventsPerSecond, id);
    this.#sources.set(id, source);
    return source;
  }

  async sourceOfWriteKey(writeKey: string): Promise<Source | null> {
    const id = this.#owners.get(hashOfSecret(writeKey));
    return id === undefined ? null : (this.#sources.get(id) ?? null);
  }

  async tokens(): Promise<Token[]> {
    return [...this.#tokens.values()]
      .map((token) => ({ ...token }))
      .sort((one, other) => one.createdAt - other.createdAt || (one.id < other.id ? -1 : 1));
  }

  async createToken(name: string): Promise<{ id: string; token: string }> {
    const { id, token } = this.#secrets.token();
    const made: Token = { id, name: checkedName(name), createdAt: this.#parts.now() };
    this.#database
      .prepare("INSERT INTO tokens VALUES (?, ?, ?, ?)")
      .run(id, made.name, made.createdAt, hashOfSecret(token));
    this.#tokens.set(hashOfSecret(token), made);
    return { id, token };
  }

  async revokeToken(id: string): Promise<void> {
    const [hash] = [...this.#tokens].find(([, token]) => token.id === id) ?? [];
    if (hash === undefined) {
      throw tokenNotFound();
    }
    this.#database.prepare("DELETE FROM tokens WHERE id = ?").run(id);
    this.#tokens.delete(hash);
  }

  async isToken(token: string): Promise<boolean> {
    return this.#tokens.has(hashOfSecret(token));
  }

  async idOfToken(token: string): Promise<string | null> {
    return this.#tokens.get(hashOfSecret(token))?.id ?? null;
  }

  copyTo(file: string): Promise<void> {
    return copyDatabase(this.#database, file, { bytesPerS: null });
  }

  async close(): Promise<void> {
    if (this.#database.isOpen) this.#database.close();
  }

  #known(id: string): Source {
    const source = this.#sources.get(id);
    if (source !== undefined) return source;
    throw sourceNotFound(id);
  }

  /** A key that no other source has; a source may be given its own again. */
  #freeKey(id: string, wanted: string | undefined): { writeKey: string; hash: string } {
    const writeKey = wanted === undefined ? this.#secrets.writeKey() : checkedKey(wanted);
    const hash = hashOfSecret(writeKey);
    const owner = this.#owners.get(hash);
    if (owner === undefined || owner === id) return { writeKey, hash };
    throw writeKeyTaken();
  }
}

type Row = Record<string, unknown>;

function sourceOf(row: Row): Source {
  return {
    id: row["id"] as string,
    name: row["name"] as string,
    kind: row["kind"] as SourceKind,
    enabled: row["enabled"] === 1,
    maxEventsPerSecond: row["max_events_per_second"] as number | null,
    createdAt: row["created_at"] as number,
  };
}

function tokenOf(row: Row): Token {
  return { id: row["id"] as string, name: row["name"] as string, createdAt: row["created_at"] as number };
}
