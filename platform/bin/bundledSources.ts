import { readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import type { Plugin } from "rolldown";
import { type BundledFile, sha256Of } from "./freshBundle.js";

const thread = /new URL\("(\.\.?\/[^"]+\.ts)", import\.meta\.url\)/g;
const ownFolder = /import\.meta\.dirname\b/g;
const packageFolder = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+\//;
/** What else a source may ask: it gets packages that are found from the bundle's folder too. */
const requiring = /createRequire\(import\.meta\.url\)/g;

interface OwnSources {
  readonly plugin: Plugin;
  /** The sources of ours that were bundled, as they were when they were read. */
  files(): BundledFile[];
  /** The `package.json` of each package that was bundled, and each file of one that is a link, from the root. */
  packages(): string[];
}

/**
 * Reads our sources for a bundle in the folder `dir`, and notes all that is read. In a bundle `import.meta` speaks of
 * another file: a thread's file becomes the entry that is made of it, a source's folder is found from the bundle's.
 */
export function ownSources(root: string, dir: string): OwnSources {
  const own = join(root, "platform/src/");
  const files = new Map<string, BundledFile>();
  const packages = new Set<string>();
  return {
    files: () => [...files.values()].toSorted((one, other) => (one.path < other.path ? -1 : 1)),
    packages: () => [...packages].toSorted(),
    plugin: {
      name: "own-sources",
      load(id) {
        if (!id.startsWith(own)) {
          // What the bundler makes up is no file.
          if (id.includes("\0")) return null;
          const [folder] = packageFolder.exec(id) ?? [];
          // A linked package lies outside: it is noted file by file.
          packages.add(relative(root, folder === undefined ? id : join(folder, "package.json")));
          return null;
        }
        const { file, text } = readSource(root, id);
        files.set(id, file);
        refuseOtherMeta(file.path, text);
        const withThreads = text.replace(thread, (_, specifier: string) => {
          const path = resolve(dirname(id), specifier);
          const fileName = `${relative(own, path).replace(/\.ts$/, "").replaceAll("/", "-")}.js`;
          this.emitFile({ type: "chunk", id: path, fileName });
          return `new URL("./${fileName}", import.meta.url)`;
        });
        const folder = `(import.meta.dirname + "/${relative(dir, dirname(id))}")`;
        return { code: withThreads.replace(ownFolder, folder), moduleType: "ts" };
      },
    },
  };
}

/** What was read is what is noted: a change before the reading differs in time, one after it in content. */
function readSource(root: string, id: string): { file: BundledFile; text: string } {
  const { mtimeMs: modifiedMs, ctimeMs: changedMs } = statSync(id);
  const content = readFileSync(id);
  const sha256 = sha256Of(content);
  const file = { path: relative(root, id), bytes: content.length, modifiedMs, changedMs, sha256 };
  return { file, text: content.toString("utf8") };
}

function refuseOtherMeta(path: string, text: string): void {
  const [other] = /import\.meta\b.*/.exec([thread, ownFolder, requiring].reduce(without, text)) ?? [];
  if (other === undefined) return;
  throw new Error(
    `${path}: ${other}: says something else in a bundle. What is known: new URL("./file.ts", import.meta.url) of a ` +
      `thread, import.meta.dirname, createRequire(import.meta.url); teach platform/bin/bundledSources.ts what is meant`,
  );
}

function without(text: string, pattern: RegExp): string {
  return text.replace(pattern, "");
}
