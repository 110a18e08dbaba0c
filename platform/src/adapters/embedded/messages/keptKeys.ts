import type { Position } from "../../../model/position.ts";
import { newerIndex } from "./filterFiles.ts";
import type { IndexTree } from "./keyTree.ts";

/** Keys of the tree's own book-keeping are shorter than 12 bytes, so they never meet a message's. */
export const sealedKey = Buffer.from("sealed");
const manifestKey = Buffer.from("filters");
const manifestVersion = 2;

/** Of the filters' files. */
export interface FilterManifest {
  version: number;
  /** The files hold the keys of all segments before it; later ones are in journals. */
  before: number;
  files: { name: string; count: number }[];
}

/** Null where there is none of this format. Problem 409 `message_index_newer`. */
export async function readManifest(tree: IndexTree): Promise<FilterManifest | null> {
  const value = await tree.get(manifestKey);
  if (value === undefined) return null;
  const manifest = JSON.parse(Buffer.from(value).toString()) as FilterManifest;
  if (manifest.version > manifestVersion) throw newerIndex(manifest.version, manifestVersion);
  return manifest.version === manifestVersion ? manifest : null;
}

export async function writeManifest(tree: IndexTree, content: Omit<FilterManifest, "version">): Promise<void> {
  const manifest: FilterManifest = { version: manifestVersion, ...content };
  await tree.put(manifestKey, Buffer.from(JSON.stringify(manifest)), { sync: true });
}

export function positionBytes(at: Position): Uint8Array {
  const value = Buffer.alloc(8);
  value.writeDoubleLE(at, 0);
  return value;
}
export function positionIn(value: Uint8Array): Position {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).readDoubleLE(0);
}
