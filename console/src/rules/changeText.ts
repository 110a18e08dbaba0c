import { words } from "../words/words.ts";
import type { Change } from "./changes.ts";

const text = words.rules;
const nothing = "—";

/** In words for the two columns. */
export function changeText({ before, after }: Change): { before: string; after: string } {
  if (Array.isArray(before) && Array.isArray(after)) {
    return {
      before: before.length === 0 ? nothing : text.listGone(before.map(String).join(", ")),
      after: after.length === 0 ? nothing : text.listCome(after.map(String).join(", ")),
    };
  }
  return {
    before: before === undefined ? nothing : shown(before),
    after: after === undefined ? text.gone : before === undefined ? `${text.come} ${shown(after)}` : shown(after),
  };
}

function shown(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
