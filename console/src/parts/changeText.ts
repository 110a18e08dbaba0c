import { words } from "../words/words.ts";
import type { Change } from "./documentChanges.ts";

const text = words.document;
const nothing = "—";

/** In words for the two columns. */
export function changeText({ before, after }: Change): { before: string; after: string } {
  if (Array.isArray(before) && Array.isArray(after)) {
    return {
      before: before.length === 0 ? nothing : text.listGone(before.map(shown).join(", ")),
      after: after.length === 0 ? nothing : text.listCome(after.map(shown).join(", ")),
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
