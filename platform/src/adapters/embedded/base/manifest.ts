import { statSync } from "node:fs";
import { join } from "node:path";
import { segmentOf, type Position } from "../../../model/position.ts";
import { Problem } from "../../../model/problem.ts";
import { parsed, sha256Of, textOrNull } from "../manifestText.ts";

/** Of the folder as a whole (docs/formats/base.md). */
export const baseFormat = 1;
export const baseManifestFile = "base.json";

/**
 * The state as of a position, kept with the log once the log's beginning is gone: what rebuilds start from. It says where
 * the log begins.
 */
export interface Base {
  readonly format: number;
  /** Version of the program that made it. */
  readonly platform: string;
  /** Says which `hash.key` its ids are made with, and nothing about the key itself. */
  readonly key: string;
  /** In the folder: `<position>.sqlite`. */
  readonly file: string;
  readonly bytes: number;
  /** Of the file, hexadecimal. */
  readonly sha256: string;
  /** Every record before it is decided in the base. */
  readonly position: Position;
  /** Records before it are kept no longer. */
  readonly keptFrom: Position;
  /** ISO 8601. */
  readonly madeAt: string;
}

/** The log has no segment before this one, or is about to have none. */
export function firstSegmentOf(base: Pick<Base, "keptFrom"> | null): number {
  return base === null ? 0 : segmentOf(base.keptFrom);
}

const knownFile = /^\d{1,16}\.sqlite$/;

export function baseFileName(position: Position): string {
  return `${position}.sqlite`;
}

export function encodeBase(base: Base): string {
  return `${JSON.stringify({ checksum: sha256Of(JSON.stringify(base)), base }, null, 1)}\n`;
}

/** Null where there is none: the log is whole. Problem 409 `base_newer`, 500 `base_damaged`. */
export function readBase(directory: string): Base | null {
  const text = textOrNull(join(directory, baseManifestFile));
  if (text === null) return null;
  const { checksum, base } = parsed(text) as { checksum?: unknown; base?: Partial<Base> | null };
  const format = base?.format;
  if (typeof format === "number" && format > baseFormat) {
    throw new Problem(409, "base_newer", `the base has format ${format}, this program reads ${baseFormat}`, {
      hint: "run the version that wrote it, or a newer one",
    });
  }
  if (base === undefined || base === null || checksum !== sha256Of(JSON.stringify(base))) {
    throw baseDamaged(`${baseManifestFile} does not have its checksum`);
  }
  const known = base as Base;
  if (!knownFile.test(known.file)) throw baseDamaged(`${baseManifestFile} names an unknown file`);
  return known;
}

/**
 * Whether a base counts, as far as its manifest and its file's size tell; its content is compared when it is needed.
 * Problem 409 `base_newer`.
 */
export function hasBase(directory: string): boolean {
  try {
    const base = readBase(directory);
    return base !== null && statSync(join(directory, base.file)).size === base.bytes;
  } catch (error) {
    if (error instanceof Problem && error.code === "base_newer") throw error;
    return false;
  }
}

/** Nothing but a backup has it again: the records that it was folded from are gone. */
export function baseDamaged(what: string): Problem {
  return new Problem(500, "base_damaged", `what the log's beginning came to is damaged: base: ${what}`, {
    hint: "copy the folder base back from a backup, or restore the backup: c360 restore FOLDER --data-dir NEW",
  });
}
