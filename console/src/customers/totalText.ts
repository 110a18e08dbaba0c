import { countText } from "../parts/countText.ts";
import { words } from "../words/words.ts";
import type { SearchAnswer } from "./customerSearch.ts";

/** `1,204 customers`. */
export function totalText(first: SearchAnswer | undefined): string {
  if (first === undefined) return words.states.loading;
  const { value, exact } = first.total;
  return value === 1 && exact ? words.customers.one : words.customers.total(countText(value), exact);
}
