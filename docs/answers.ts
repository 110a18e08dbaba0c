/**
 * How an answer that a guide shows is compared with the real one. In both texts and JSON `…` stands for anything; in
 * JSON a number whose name ends in `Ms` for any number.
 */

/** What of a guide's text is not in the real one: its lines in their order, white space not counting. */
export function missingLine(shown: string, real: string): string | null {
  const lines = real.split("\n").map(plain);
  let from = 0;
  for (const line of shown.split("\n").map(plain)) {
    if (line === "" || line === "…") continue;
    const pattern = patternOf(line);
    const at = lines.findIndex((candidate, index) => index >= from && pattern.test(candidate));
    if (at === -1) return line;
    from = at + 1;
  }
  return null;
}

/** Where a guide's JSON is not the real answer, one line a difference. */
export function jsonDifferences(shown: unknown, real: unknown, path = "$"): string[] {
  if (typeof shown === "string" && typeof real === "string") {
    return patternOf(shown).test(real) ? [] : [`${path}: ${quote(shown)} is shown, ${quote(real)} came`];
  }
  if (shown === "…") return [];
  if (typeof shown === "number" && typeof real === "number" && path.endsWith("Ms")) return [];
  if (Array.isArray(shown) && Array.isArray(real)) {
    if (shown.length !== real.length) return [`${path}: ${shown.length} elements are shown, ${real.length} came`];
    return shown.flatMap((one, index) => jsonDifferences(one, real[index], `${path}[${index}]`));
  }
  if (isObject(shown) && isObject(real)) {
    const names = new Set([...Object.keys(shown), ...Object.keys(real)]);
    return [...names].flatMap((name) => {
      if (!Object.hasOwn(real, name)) return [`${path}.${name}: is shown and did not come`];
      if (!Object.hasOwn(shown, name)) return [`${path}.${name}: came and is not shown`];
      return jsonDifferences(shown[name], real[name], `${path}.${name}`);
    });
  }
  return Object.is(shown, real) ? [] : [`${path}: ${quote(shown)} is shown, ${quote(real)} came`];
}

function plain(line: string): string {
  return line.trim().replaceAll(/\s+/g, " ");
}

function patternOf(text: string): RegExp {
  return new RegExp(
    `^${text
      .split("…")
      .map((part) => RegExp.escape(part))
      .join("[^]*")}$`,
    "u",
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function quote(value: unknown): string {
  return JSON.stringify(value) ?? "nothing";
}
