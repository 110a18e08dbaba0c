import { createHash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { Problem } from "../../model/problem.ts";
import { sourceKinds, type Source, type SourceKind } from "../../model/source.ts";
import type { AccessStore } from "../../storage/access.ts";

export interface AccessStoreParts {
  /** UTC ms. */
  now: () => number;
  randomBytes: (count: number) => Uint8Array;
}

const schema = `
CREATE TABLE IF NOT EXISTS sources (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, enabled INTEGER NOT NULL, created_at INTEGER NOT NULL,
  key_hash TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE IF NOT EXISTS tokens (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, created_at INTEGER NOT NULL, hash TEXT NOT NULL UNIQUE) STRICT;
`;
const secretBytes = 24;
const maxNameChars = 200;
const minKeyChars = 8;
const maxKeyChars = 256;

type Row = Record<string, unknown>;

/**
 * Sources, write keys and tokens in a small file of their own. Keys and tokens are random and kept as SHA-256 only.
 * Every key is in memory as its hash, so that a request costs one hash, and a change takes effect at once.
 */
export async function openAccessStore(file: string, parts: AccessStoreParts): Promise<AccessStore> {
  const database = new DatabaseSync(file);
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; ${schema}`);
  const sources = new Map<string, Source>();
  const byKey = new Map<string, string>();
  const tokens = new Set<string>();
  for (const row of database.prepare("SELECT * FROM sources").all() as Row[]) {
    sources.set(row["id"] as string, sourceOf(row));
    byKey.set(row["key_hash"] as string, row["id"] as string);
  }
  for (const row of database.prepare("SELECT hash FROM tokens").all() as Row[]) tokens.add(row["hash"] as string);
  const known = (id: string): Source => {
    const source = sources.get(id);
    if (source !== undefined) return source;
    throw new Problem(404, "source_not_found", `there is no source \`${shown(id)}\``, {
      hint: "list them with: c360 sources list",
    });
  };
  const setKey = (id: string, writeKey: string): void => {
    for (const [hash, owner] of byKey) if (owner === id) byKey.delete(hash);
    byKey.set(hashOf(writeKey), id);
  };
  const secret = (prefix: string): string =>
    `${prefix}_${Buffer.from(parts.randomBytes(secretBytes)).toString("base64url")}`;
  const freeKey = (id: string, wanted: string | undefined): string => {
    const writeKey = wanted === undefined ? secret("wk") : checkedKey(wanted);
    const owner = byKey.get(hashOf(writeKey));
    if (owner === undefined || owner === id) return writeKey;
    throw new Problem(409, "write_key_taken", "another source has this write key", {
      hint: "give each source a key of its own",
    });
  };
  return {
    sources: async () => [...sources.values()].sort((one, other) => (one.id < other.id ? -1 : 1)),
    createSource: async (wanted) => {
      const source = newSource(wanted, sources, parts.now());
      const writeKey = freeKey(source.id, wanted.writeKey);
      database
        .prepare("INSERT INTO sources VALUES (?, ?, ?, 1, ?, ?)")
        .run(source.id, source.name, source.kind, source.createdAt, hashOf(writeKey));
      sources.set(source.id, source);
      setKey(source.id, writeKey);
      return { source, writeKey };
    },
    rotateWriteKey: async (id, wanted) => {
      const source = known(id);
      const writeKey = freeKey(id, wanted);
      database.prepare("UPDATE sources SET key_hash = ? WHERE id = ?").run(hashOf(writeKey), id);
      setKey(id, writeKey);
      return { source, writeKey };
    },
    setEnabled: async (id, enabled) => {
      const source = { ...known(id), enabled };
      database.prepare("UPDATE sources SET enabled = ? WHERE id = ?").run(enabled ? 1 : 0, id);
      sources.set(id, source);
      return source;
    },
    sourceOfWriteKey: async (writeKey) => {
      const id = byKey.get(hashOf(writeKey));
      return id === undefined ? null : (sources.get(id) ?? null);
    },
    tokens: async () =>
      (database.prepare("SELECT id, name, created_at FROM tokens ORDER BY created_at, id").all() as Row[]).map(
        (row) => ({
          id: row["id"] as string,
          name: row["name"] as string,
          createdAt: row["created_at"] as number,
        }),
      ),
    createToken: async (name) => {
      const id = `t_${Buffer.from(parts.randomBytes(9)).toString("base64url")}`;
      const token = secret("c360");
      database.prepare("INSERT INTO tokens VALUES (?, ?, ?, ?)").run(id, checkedName(name), parts.now(), hashOf(token));
      tokens.add(hashOf(token));
      return { id, token };
    },
    revokeToken: async (id) => {
      const row = database.prepare("SELECT hash FROM tokens WHERE id = ?").get(id) as Row | undefined;
      if (row === undefined) {
        throw new Problem(404, "token_not_found", "there is no such token", {
          hint: "list them with: c360 tokens list",
        });
      }
      database.prepare("DELETE FROM tokens WHERE id = ?").run(id);
      tokens.delete(row["hash"] as string);
    },
    isToken: async (token) => tokens.has(hashOf(token)),
    close: async () => database.close(),
  };
}

function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

function sourceOf(row: Row): Source {
  return {
    id: row["id"] as string,
    name: row["name"] as string,
    kind: row["kind"] as SourceKind,
    enabled: row["enabled"] === 1,
    createdAt: row["created_at"] as number,
  };
}

function newSource(
  wanted: { id: string; name?: string; kind: SourceKind },
  sources: ReadonlyMap<string, Source>,
  createdAt: number,
): Source {
  const { id, kind } = wanted;
  if (!/^[a-z][a-z0-9_-]{0,62}$/.test(id)) {
    throw new Problem(
      400,
      "source_id_invalid",
      "a source's id is 1 to 63 of a-z, 0-9, - and _, and starts with a letter",
      { field: "id" },
    );
  }
  if (!sourceKinds.includes(kind)) {
    throw new Problem(400, "source_kind_unknown", `there is no kind \`${shown(String(kind))}\``, {
      hint: `one of: ${sourceKinds.join(", ")}`,
      field: "kind",
    });
  }
  if (sources.has(id)) {
    throw new Problem(409, "source_exists", `there is a source \`${id}\` already`, {
      hint: `a new key for it: c360 sources rotate ${id}`,
      field: "id",
    });
  }
  return { id, name: checkedName(wanted.name ?? id), kind, enabled: true, createdAt };
}

function checkedName(name: string): string {
  if (name.length > 0 && name.length <= maxNameChars && name.isWellFormed() && !/\p{Cc}/u.test(name)) return name;
  throw new Problem(400, "name_invalid", `a name is 1 to ${maxNameChars} printable characters`, { field: "name" });
}

function checkedKey(writeKey: string): string {
  if (writeKey.length >= minKeyChars && writeKey.length <= maxKeyChars && /^[\x21-\x39\x3b-\x7e]+$/.test(writeKey))
    return writeKey;
  throw new Problem(
    400,
    "write_key_invalid",
    `a write key is ${minKeyChars} to ${maxKeyChars} printable ASCII characters without colons`,
    { field: "writeKey" },
  );
}

function shown(id: string): string {
  return id.slice(0, 63).replaceAll(/[^\w-]/g, "?");
}
