import { words } from "../words/words.ts";

const text = words.review;

/** By sign and word: colour only repeats it. */
export const likenessSigns = { same: "=", alike: "≈", different: "≠", missing: "–" } as const;

/** `+3.1`, `−2.3`: in bits, the sign always. */
export function weightText(weight: number): string {
  const rounded = Math.round(Math.abs(weight) * 10) / 10;
  return `${weight < 0 ? "−" : "+"}${rounded.toFixed(1)}`;
}

/** `97.0 %`; never 100 % of what is not certain. */
export function shareText(probability: number): string {
  const shown = Math.min(0.9999, Math.max(0.0001, probability));
  const digits = shown > 0.99 || shown < 0.01 ? 2 : 1;
  return `${(Math.floor(shown * 100 * 10 ** digits) / 10 ** digits).toFixed(digits)} %`;
}

export function comparisonLabel(name: string): string {
  const known: Readonly<Record<string, string>> = text.comparisons;
  return known[name] ?? name;
}

export function fieldLabel(name: string): string {
  const known: Readonly<Record<string, string>> = text.fields;
  return known[name] ?? name;
}

export interface Marked {
  start: string;
  /** What the other does not have in this place. */
  middle: string;
  end: string;
}

/** Both parted where they differ: what they begin and end with alike stays outside. By whole characters. */
export function markedApart(one: string, other: string): [Marked, Marked] {
  const [a, b] = [Array.from(one), Array.from(other)];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const parted = (all: string[]): Marked => ({
    start: all.slice(0, start).join(""),
    middle: all.slice(start, all.length - end).join(""),
    end: end === 0 ? "" : all.slice(-end).join(""),
  });
  return [parted(a), parted(b)];
}
