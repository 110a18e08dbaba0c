import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";

/** A checkout as the checks see it. Paths are relative to its root, with `/`. */
export interface Tree {
  /** Every file, tracked or not, outside what is skipped below. */
  readonly paths: ReadonlySet<string>;
  /** Folders that hold no file, however deep. */
  readonly emptyFolders: readonly string[];
  /** The text of a `.ts`, `.tsx`, `.md` or `.json` file; null for others and for what is not there. */
  text(path: string): string | null;
}

/** Not ours, or made by running, wherever they are: dependencies, metadata, what tools leave behind. */
const skippedNames = new Set(["node_modules", ".git", ".vitest", "coverage"]);
/** What a server, a bench and a build leave behind at these places. */
const skippedFolders = new Set([
  "data",
  "bench/results",
  "console/dist",
  "console/screenshots",
  "platform/dist",
  ".standins",
  "infra/dist",
  "infra/cdk.out",
]);
const readExtensions = new Set([".ts", ".tsx", ".md", ".json"]);

/** Reads everything under `root`; symbolic links are not followed. */
export function readTree(root: string): Tree {
  const paths = new Set<string>();
  const emptyFolders: string[] = [];
  const walk = (folder: string): number => {
    let found = 0;
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = posix.join(folder, entry.name);
      if (skippedFolders.has(path) || skippedNames.has(entry.name)) continue;
      if (entry.isDirectory()) found += walk(path);
      else if (entry.isFile()) {
        paths.add(path);
        found += 1;
      }
    }
    if (found === 0) emptyFolders.push(folder);
    return found;
  };
  walk("");
  return {
    paths,
    emptyFolders,
    text: (path) =>
      paths.has(path) && readExtensions.has(posix.extname(path)) ? readFileSync(join(root, path), "utf8") : null,
  };
}

/** A tree from texts by path, for testing the checks. */
export function treeOf(files: Record<string, string>, emptyFolders: readonly string[] = []): Tree {
  return { paths: new Set(Object.keys(files)), emptyFolders, text: (path) => files[path] ?? null };
}
