import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Position } from "../../../model/position.ts";
import { Problem } from "../../../model/problem.ts";
import { parsed, sha256Of, textOrNull } from "../manifestText.ts";

/** Of the backup's folder as a whole (docs/formats/backup.md). */
export const backupFormat = 2;
/** Of a backup whose log has its beginning, which any program can restore. */
const wholeLogFormat = 1;

export function formatOf({ base }: Pick<Manifest, "base">): number {
  return base === undefined ? wholeLogFormat : backupFormat;
}
export const manifestFile = "manifest.json";
/** What a backup under way has copied already: a later one goes on from there. */
export const unfinishedFile = "unfinished.json";

/** A file of the data directory, as the backup holds it. */
export interface StoredFile {
  /** In the data directory, with `/`: `log/0000000003.log`. */
  readonly path: string;
  /** In the backup. Never written again: what changed has another name. */
  readonly stored: string;
  readonly bytes: number;
  /** Of the content, hexadecimal. */
  readonly sha256: string;
  /** When the original was last changed, nanoseconds since 1970; only of files that are left out while unchanged. */
  readonly modifiedNs?: string;
}

export interface Manifest {
  readonly format: number;
  /** Version of the program that made it. */
  readonly platform: string;
  /** Says whose backup it is, and nothing about the key itself. */
  readonly key: string;
  /** ISO 8601. */
  readonly madeAt: string;
  /** The log up to here is in it. */
  readonly position: Position;
  /** ISO 8601: when its last record was received; null where there is none, or that one is erased. */
  readonly lastReceivedAt: string | null;
  /** What the state file in it has decided; null where it holds none. */
  readonly statePosition: Position | null;
  /** Where the log's beginning is gone: what it is folded on from is in the backup, as of a position. */
  readonly base?: { readonly position: Position; readonly madeAt: string };
  readonly files: readonly StoredFile[];
}

/** For {@link Manifest.key}. */
export function keyName(hashKey: Uint8Array): string {
  return createHash("sha256").update("backup of\n").update(hashKey).digest("hex").slice(0, 16);
}

/** Only these files, so that a manifest that somebody tampered with leads nowhere else. */
const knownPath =
  /^(log\/\d{10}\.log|hash\.key|access\.sqlite|reviews\.sqlite|state\.sqlite|base\/(base\.json|\d{1,16}\.sqlite))$/;
const knownStored =
  /^(log\/\d{10}|hash|access|reviews|state|base\/(base|\d{1,16}))-[0-9a-f]{16}\.(log|key|sqlite|json)$/;

/** The name under which content of `sha256` is stored: the same content has the same name, other content another. */
export function storedName(path: string, sha256: string): string {
  const dot = path.lastIndexOf(".");
  return `${path.slice(0, dot)}-${sha256.slice(0, 16)}${path.slice(dot)}`;
}

export function isStoredName(name: string): boolean {
  return knownStored.test(name);
}

export function encodeManifest(manifest: Manifest): string {
  const content = JSON.stringify(manifest);
  return `${JSON.stringify({ checksum: sha256Of(content), manifest }, null, 1)}\n`;
}

/** Null where there is none. Problem 422 `backup_newer`, 500 `backup_damaged`. */
export function readManifest(directory: string): Manifest | null {
  const text = textOrNull(join(directory, manifestFile));
  return text === null ? null : decodeManifest(text);
}

export function decodeManifest(text: string): Manifest {
  const { checksum, manifest } = parsed(text) as { checksum?: unknown; manifest?: Partial<Manifest> | null };
  const format = manifest?.format;
  if (typeof format === "number" && format > backupFormat) {
    const by = typeof manifest?.platform === "string" ? ` Version ${manifest.platform.slice(0, 40)} made it.` : "";
    throw new Problem(
      422,
      "backup_newer",
      `The backup has format ${format}; this program reads formats up to ${backupFormat}.${by}`,
      { hint: "Restore it with the version that made it, or a newer one." },
    );
  }
  if (manifest === undefined || manifest === null || checksum !== sha256Of(JSON.stringify(manifest))) {
    throw backupDamaged(manifestFile, "it does not have its checksum");
  }
  // The checksum vouches for the shape of what this program wrote; names are looked at all the same.
  const known = manifest as Manifest;
  for (const { path, stored } of known.files) {
    if (!knownPath.test(path) || !knownStored.test(stored)) throw backupDamaged(manifestFile, "it names unknown files");
  }
  return known;
}

export function backupDamaged(file: string, what: string): Problem {
  return new Problem(500, "backup_damaged", `The backup is damaged: ${file}: ${what}.`, {
    hint: "Take another backup. Nothing was changed.",
  });
}

/** What an earlier run had copied when it ended early; empty where that cannot be read, which costs copying again. */
export function readUnfinished(directory: string): StoredFile[] {
  const text = textOrNull(join(directory, unfinishedFile));
  if (text === null) return [];
  const { checksum, files } = parsed(text) as { checksum?: unknown; files?: StoredFile[] };
  if (!Array.isArray(files) || checksum !== sha256Of(JSON.stringify(files))) return [];
  return files.filter(({ path, stored }) => knownPath.test(path) && knownStored.test(stored));
}

export function encodeUnfinished(files: readonly StoredFile[]): string {
  return JSON.stringify({ checksum: sha256Of(JSON.stringify(files)), files });
}
