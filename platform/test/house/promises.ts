import type { SourceFile } from "./sourceFile.ts";
import type { Tree } from "./tree.ts";
import type { Violation } from "./violation.ts";

const promisesDocument = "docs/concepts.md";

/** Kept from the first release on; the document may add to them, not take away. */
const heldFromTheStart: readonly number[] = [1, 2, 3, 4, 5, 9];

/** The document's numbered promises; those marked "_(planned)_" need no test yet. */
function readPromises(tree: Tree): { number: number; line: number; isPlanned: boolean }[] {
  const lines = (tree.text(promisesDocument) ?? "").split("\n");
  const start = lines.findIndex((line) => /^## Promises\s*$/.test(line));
  if (start === -1) return [];
  const end = lines.findIndex((line, index) => index > start && line.startsWith("## "));
  return lines.slice(start, end === -1 ? undefined : end).flatMap((line, index) => {
    const number = /^(\d+)\. \*\*/.exec(line)?.[1];
    return number === undefined
      ? []
      : [{ number: Number(number), line: start + index + 1, isPlanned: /[*_]\(planned\)[*_]/.test(line) }];
  });
}

/** Maps promises and tests both ways: each promise that is held names a test, each test's promise exists. */
export function checkPromises(tree: Tree, sources: readonly SourceFile[]): Violation[] {
  const promises = readPromises(tree);
  const found: Violation[] = [];
  const tested = new Set<number>();
  for (const source of sources.filter(({ isTest }) => isTest))
    for (const { line, text } of source.testNames) {
      const number = /^Promise (\d+): \S/.exec(text)?.[1];
      if (number !== undefined) tested.add(Number(number));
      const isKnown = number !== undefined && promises.some((promise) => promise.number === Number(number));
      if (/^promise \d/i.test(text) && !isKnown)
        found.push({ rule: "promise", file: source.path, line, message: `names no promise that is made: ${text}` });
    }
  for (const { number, line, isPlanned } of promises)
    if (!isPlanned && !tested.has(number))
      found.push({ rule: "promise", file: promisesDocument, line, message: `no test is named "Promise ${number}: …"` });
  for (const number of heldFromTheStart)
    if (!promises.some((promise) => promise.number === number && !promise.isPlanned))
      found.push({
        rule: "promise",
        file: promisesDocument,
        line: 1,
        message: `promise ${number} is not made any more`,
      });
  return found;
}
