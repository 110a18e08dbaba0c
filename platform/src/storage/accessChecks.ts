import { createHash } from "node:crypto";
import { Problem } from "../model/problem.ts";
import { mostEventsPerSecond, type Source, sourceKinds } from "../model/source.ts";
import type { NewSource } from "./access.ts";

const maxNameChars = 200;
const minKeyChars = 8;
const maxKeyChars = 256;
/** 192 bits. */
const secretBytes = 24;
const tokenIdBytes = 9;

/** What every adapter of `AccessStore` checks, makes and says in the same way. */
export interface Secrets {
  writeKey(): string;
  token(): { id: string; token: string };
}

/** `randomBytes` has to be cryptographic. */
export function secretsFrom(randomBytes: (count: number) => Uint8Array): Secrets {
  const random = (bytes: number): string => Buffer.from(randomBytes(bytes)).toString("base64url");
  return {
    writeKey: () => `wk_${random(secretBytes)}`,
    token: () => ({ id: `t_${random(tokenIdBytes)}`, token: `c360_${random(secretBytes)}` }),
  };
}

/** All that is kept of a secret. */
export function hashOfSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** A source as it is when it is made. Problem 400 `source_id_invalid`, `source_kind_unknown`, `name_invalid`. */
export function checkedSource({ id, name, kind }: NewSource, createdAt: number): Source {
  if (!/^[a-z][a-z0-9_-]{0,62}$/.test(id)) {
    const message = "a source's id is 1 to 63 of a-z, 0-9, - and _, and starts with a letter";
    throw new Problem(400, "source_id_invalid", message, { hint: "for example: web, tills-north", field: "id" });
  }
  if (!sourceKinds.includes(kind)) {
    throw new Problem(400, "source_kind_unknown", `there is no kind \`${shown(kind)}\``, {
      hint: `one of: ${sourceKinds.join(", ")}`,
      field: "kind",
    });
  }
  return { id, name: checkedName(name ?? id), kind, enabled: true, maxEventsPerSecond: null, createdAt };
}

export function checkedRate(rate: number | null): number | null {
  if (rate === null || (Number.isSafeInteger(rate) && rate >= 1 && rate <= mostEventsPerSecond)) return rate;
  const message = `a limit is a whole number of 1 to ${mostEventsPerSecond} events a second, or none`;
  throw new Problem(400, "source_rate_invalid", message, {
    hint: "for example: 500; null takes the limit away",
    field: "maxEventsPerSecond",
  });
}

export function checkedName(name: string): string {
  const isName = name.trim() !== "" && name.length <= maxNameChars && name.isWellFormed() && !/\p{Cc}/u.test(name);
  if (isName) return name;
  const message = `a name is 1 to ${maxNameChars} printable characters`;
  throw new Problem(400, "name_invalid", message, { hint: "leave out control characters", field: "name" });
}

/** Without a colon, which ends the user name of Basic authorisation. */
export function checkedKey(writeKey: string): string {
  const isKey =
    writeKey.length >= minKeyChars && writeKey.length <= maxKeyChars && /^[\x21-\x39\x3b-\x7e]+$/.test(writeKey);
  if (isKey) return writeKey;
  const message = `a write key is ${minKeyChars} to ${maxKeyChars} printable ASCII characters without colons`;
  throw new Problem(400, "write_key_invalid", message, { hint: "or let one be made", field: "writeKey" });
}

export function sourceExists(id: string): Problem {
  return new Problem(409, "source_exists", `there is a source \`${id}\` already`, {
    hint: `a new key for it: c360 sources rotate ${id}`,
    field: "id",
  });
}

export function sourceNotFound(id: string): Problem {
  return new Problem(404, "source_not_found", `there is no source \`${shown(id)}\``, {
    hint: "list them with: c360 sources list",
  });
}

export function writeKeyTaken(): Problem {
  return new Problem(409, "write_key_taken", "another source has this write key", {
    hint: "give each source a key of its own",
    field: "writeKey",
  });
}

export function tokenNotFound(): Problem {
  return new Problem(404, "token_not_found", "there is no such token", { hint: "list them with: c360 tokens list" });
}

function shown(id: string): string {
  return id.slice(0, 63).replaceAll(/[^\w-]/g, "?");
}
