import { posix } from "node:path";
import type { SourceFile } from "./sourceFile.ts";
import type { Tree } from "./tree.ts";
import type { Violation } from "./violation.ts";

export const maxSourceLines = 400;
export const maxTestLines = 600;
export const maxFunctionLines = 70;

const emptyNames = new Set(["util", "utils", "helper", "helpers", "common", "manager", "managers", "misc"]);
/** The words that mark unfinished work. */
const unfinished = /\b(TODO|FIXME|XXX)\b/;

/** Files and functions short enough to read, and everything else that one file alone can break. */
export function checkShape(tree: Tree, sources: readonly SourceFile[]): Violation[] {
  const folders = tree.emptyFolders
    .filter((folder) => /^(platform|bench|docs|console|infra)(\/|$)/.test(folder))
    .map((file): Violation => ({
      rule: "empty-folder",
      file,
      line: 1,
      message: "is empty: rooms appear when something lives in them",
    }));
  const names = [...tree.paths].filter(hasEmptyName).map((file): Violation => ({
    rule: "file-name",
    file,
    line: 1,
    message: `says nothing about what is inside: name it after that (not ${[...emptyNames].join(", ")})`,
  }));
  return [...folders, ...names, ...sources.flatMap((source) => [...lengths(source), ...forms(source)])];
}

function lengths(source: SourceFile): Violation[] {
  const { path: file, lineCount, isTest } = source;
  const found: Violation[] = [];
  const most = isTest ? maxTestLines : maxSourceLines;
  if (lineCount > most)
    found.push({
      rule: "file-length",
      file,
      line: most + 1,
      message: `has ${lineCount} lines, most ${most}: split it`,
    });
  for (const { name, line, lineCount: length } of source.functions)
    if (length > maxFunctionLines) {
      const message = `function ${name} has ${length} lines, most ${maxFunctionLines}: split it`;
      found.push({ rule: "function-length", file, line, subject: name, message });
    }
  return found;
}

function forms(source: SourceFile): Violation[] {
  const { path: file } = source;
  const found: Violation[] = [];
  for (const { line, message } of source.syntaxErrors) found.push({ rule: "syntax", file, line, message });
  if (!file.endsWith(".config.ts"))
    for (const line of source.defaultExports)
      found.push({ rule: "default-export", file, line, message: "exports a default: give it its name" });
  if (!isFace(file) && (posix.basename(file) === "index.ts" || source.onlyReexports))
    found.push({ rule: "barrel", file, line: 1, message: "only passes on exports: import from where they are" });
  for (const line of source.doubleCasts)
    found.push({ rule: "cast", file, line, message: "casts twice (as … as …): parse or narrow instead" });
  for (const { line, text } of source.comments)
    if (unfinished.test(text)) found.push({ rule: "unfinished", file, line, message: `leaves work: ${text.trim()}` });
  for (const { line, what } of source.switchedOffTests)
    found.push({ rule: "switched-off-test", file, line, message: `has a test with .${what}` });
  return found;
}

/** A room's public face: the one place where passing on exports is the point. */
function isFace(path: string): boolean {
  return /^platform\/src\/(adapters\/)?[^/]+\/index\.ts$/.test(path);
}

function hasEmptyName(path: string): boolean {
  const inside = /^(platform|bench|docs|console|infra)\/(.*)$/.exec(path)?.[2];
  if (inside === undefined) return false;
  const words = inside
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  return words.some((word) => emptyNames.has(word));
}
