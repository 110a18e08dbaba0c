import { posix } from "node:path";
import type { Tree } from "./tree.ts";
import type { Violation } from "./violation.ts";

const dependenciesDocument = "docs/dependencies.md";

/** Every relative link of every Markdown file leads to a file or folder that is there, and to a heading that it has. */
export function checkLinks(tree: Tree): Violation[] {
  const documents = [...tree.paths].filter((path) => path.endsWith(".md")).sort();
  return documents.flatMap((file) =>
    linksOf(tree.text(file) ?? "").flatMap(({ line, target }): Violation[] => {
      const [path = "", anchor] = target.split("#");
      const resolved = path === "" ? file : posix.join(posix.dirname(file), decodeURIComponent(path));
      if (!exists(tree, resolved))
        return [{ rule: "link", file, line, message: `leads to ${target}, which is not there` }];
      if (anchor === undefined || !resolved.endsWith(".md") || headingsOf(tree.text(resolved) ?? "").has(anchor))
        return [];
      return [{ rule: "link", file, line, message: `leads to #${anchor}, a heading that ${resolved} does not have` }];
    }),
  );
}

/** docs/README.md leads to every guide. */
export function checkIndex(tree: Tree): Violation[] {
  const index = "docs/README.md";
  const linked = new Set(
    linksOf(tree.text(index) ?? "").map(({ target }) => posix.join("docs", target.split("#")[0] ?? "")),
  );
  return [...tree.paths]
    .filter((path) => /^docs\/.*\.md$/.test(path) && path !== index && !linked.has(path))
    .map((file) => ({ rule: "link", file, line: 1, message: `no link in ${index} leads here` }));
}

/** Relative links and images, those in code left out. */
function linksOf(markdown: string): { line: number; target: string }[] {
  return proseLines(markdown).flatMap(({ line, text }) =>
    [...text.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)|^\[[^\]]+\]:\s*(\S+)|(?:href|src)="([^"]+)"/g)]
      .map((match) => match[1] ?? match[2] ?? match[3] ?? "")
      .filter((target) => target !== "" && !/^([a-z][a-z0-9+.-]*:|\/\/)/i.test(target))
      .map((target) => ({ line, target })),
  );
}

function proseLines(markdown: string): { line: number; text: string }[] {
  let fence: string | null = null;
  return markdown.split("\n").flatMap((text, index) => {
    const mark = /^\s*(```+|~~~+)/.exec(text)?.[1];
    if (fence !== null) {
      if (mark !== undefined && mark.startsWith(fence)) fence = null;
      return [];
    }
    if (mark !== undefined) {
      fence = mark;
      return [];
    }
    return [{ line: index + 1, text: text.replaceAll(/`[^`]*`/g, "") }];
  });
}

/** Anchors as GitHub makes them of headings. */
function headingsOf(markdown: string): Set<string> {
  const anchors = new Set<string>();
  let inFence = false;
  for (const text of markdown.split("\n")) {
    if (/^\s*(```|~~~)/.test(text)) inFence = !inFence;
    const heading = inFence ? undefined : /^#{1,6}\s+(.*?)\s*#*$/.exec(text)?.[1];
    if (heading === undefined) continue;
    const slug = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(/\s/g, "-");
    let anchor = slug;
    for (let again = 1; anchors.has(anchor); again += 1) anchor = `${slug}-${again}`;
    anchors.add(anchor);
  }
  return anchors;
}

function exists(tree: Tree, path: string): boolean {
  if (path === "." || tree.paths.has(path)) return true;
  const folder = path.endsWith("/") ? path : `${path}/`;
  return [...tree.paths].some((candidate) => candidate.startsWith(folder));
}

/**
 * Every dependency of every package.json has its row in docs/dependencies.md (`| [name](…) | licence | why |`) and the
 * other way round. `licenceOf` answers what the installed package says of itself; null where it is not installed.
 */
export function checkDependencies(tree: Tree, licenceOf: (name: string) => string | null): Violation[] {
  const declared = declaredDependencies(tree);
  const rows = dependencyRows(tree.text(dependenciesDocument) ?? "");
  const found: Violation[] = [];
  for (const [name, file] of declared)
    if (!rows.some((row) => row.name === name))
      found.push({
        rule: "dependency",
        file,
        line: 1,
        message: `${name} has no line of reason in ${dependenciesDocument}`,
      });
  for (const { name, licence, reason, line } of rows) {
    const at = { rule: "dependency", file: dependenciesDocument, line } as const;
    if (!declared.has(name)) found.push({ ...at, message: `${name} is in no package.json any more` });
    if (reason.length < 20) found.push({ ...at, message: `${name} needs a reason` });
    const installed = licenceOf(name);
    if (installed !== null && installed !== licence)
      found.push({ ...at, message: `${name} is under ${installed}, not ${licence}` });
  }
  return found;
}

function declaredDependencies(tree: Tree): Map<string, string> {
  const declared = new Map<string, string>();
  for (const path of [...tree.paths].filter((path) => /(^|\/)package\.json$/.test(path)).sort()) {
    const manifest: { dependencies?: Record<string, string>; devDependencies?: Record<string, string> } = JSON.parse(
      tree.text(path) ?? "{}",
    );
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }))
      if (!name.startsWith("@c360/")) declared.set(name, path);
  }
  return declared;
}

function dependencyRows(markdown: string): { name: string; licence: string; reason: string; line: number }[] {
  return markdown.split("\n").flatMap((text, index) => {
    const [, name, licence, reason] = /^\|\s*`([^`]+)`\s*\|\s*([^|]*?)\s*\|\s*([^|]*?)\s*\|/.exec(text) ?? [];
    if (name === undefined || licence === undefined || reason === undefined) return [];
    return [{ name, licence, reason, line: index + 1 }];
  });
}
