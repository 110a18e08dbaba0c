import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { isoTime } from "../../../model/isoTime.ts";
import type { Position } from "../../../model/position.ts";
import { Problem } from "../../../model/problem.ts";
import { contentOf, paceOf, replaceText, syncDirectory, syncFile } from "../backup/copyFile.ts";
import { copyState } from "../backup/databaseCopy.ts";
import { keyName } from "../backup/manifest.ts";
import { stateFaults } from "../doctor/stateRules.ts";
import { keptNow } from "../state/kept.ts";
import { baseFileName, baseFormat, baseManifestFile, encodeBase, readBase, type Base } from "./manifest.ts";

export interface MakeBaseParts {
  readonly stateFile: string;
  /** The base's folder; made where it is not there. */
  readonly directory: string;
  readonly hashKey: Uint8Array;
  readonly platform: string;
  /** UTC ms. */
  readonly now: () => number;
  /** Read at most so fast; null: as fast as it goes. */
  readonly bytesPerS: number | null;
}

/**
 * Makes the state as it is now the base, whether or not others write to the state. Durable, read back and examined
 * before the former base is given up, in one rename; until then nothing is changed. Problem 500 `base_refused` where
 * the state is not sound: then the log has to stay whole.
 */
export async function makeBase(parts: MakeBaseParts): Promise<Base> {
  const { directory } = parts;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  // Segments go once it is declared: the folder must not be gone after a power cut, and they with it.
  await syncDirectory(dirname(directory));
  removeLeftOver(directory);
  const incoming = join(directory, "incoming.tmp");
  const { position, keptFrom, bytes, sha256 } = await copied(parts, incoming).catch((error: unknown) => {
    // It may have taken the last of the disk's room.
    removeLeftOver(directory);
    throw error;
  });
  const file = baseFileName(position);
  renameSync(incoming, join(directory, file));
  await syncDirectory(directory);
  return {
    format: baseFormat,
    platform: parts.platform,
    key: keyName(parts.hashKey),
    file,
    bytes,
    sha256,
    position,
    keptFrom,
    madeAt: isoTime(parts.now()),
  };
}

async function copied({ stateFile, bytesPerS }: MakeBaseParts, incoming: string) {
  const position = await copyState(stateFile, incoming, { bytesPerS });
  const keptFrom = examined(incoming);
  syncFile(incoming);
  return { position, keptFrom, ...(await contentOf(incoming, { pace: paceOf(bytesPerS) })) };
}

/** From here on the log begins where the base says. One rename. */
export async function declareBase(directory: string, base: Base): Promise<void> {
  await replaceText(join(directory, baseManifestFile), encodeBase(base));
  removeLeftOver(directory);
}

/** What no manifest names: former bases, and those whose making was cut short. Of a manifest that is damaged, all stays. */
function removeLeftOver(directory: string): void {
  if (!isReadable(directory)) return;
  const named = readBase(directory)?.file;
  for (const name of readdirSync(directory)) {
    if (name !== named && name !== baseManifestFile) rmSync(join(directory, name), { force: true });
  }
}

function isReadable(directory: string): boolean {
  try {
    readBase(directory);
    return true;
  } catch {
    return false;
  }
}

function examined(file: string): Position {
  const database = new DatabaseSync(file);
  try {
    // One file from now on, with nothing beside it.
    database.exec("PRAGMA journal_mode = DELETE");
    const [fault] = stateFaults(database);
    if (fault !== undefined) throw refused(fault);
    return keptNow(database)().from;
  } finally {
    database.close();
  }
}

function refused(fault: string): Problem {
  return new Problem(500, "base_refused", `nothing is deleted, since the state is not sound: ${fault}`, {
    hint: "look at it with: c360 doctor; then stop the platform and fold the log again with: c360 rebuild",
  });
}
