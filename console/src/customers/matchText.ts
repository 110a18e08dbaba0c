import { words } from "../words/words.ts";
import type { FoundCustomer } from "./customerSearch.ts";

/** `loyalty_card` as people say it. */
export function fieldName(field: string): string {
  const known: Readonly<Record<string, string>> = words.customers.fields;
  return Object.hasOwn(known, field) ? String(known[field]) : field.replaceAll("_", " ");
}

export interface MatchText {
  field: string;
  /** Null where the row says it already. */
  value: string | null;
  /** How it differs from what was asked; null where it does not. */
  how: string | null;
}

/** Why a row is there: each field once, misspellings marked. */
export function matchTexts({ displayName, matched = [] }: Pick<FoundCustomer, "displayName" | "matched">): MatchText[] {
  const how = { exact: null, prefix: words.customers.begins, typo: words.customers.similar };
  return matched.map(({ field, value, kind }) => ({
    field: fieldName(field),
    value: value === displayName ? null : value,
    how: how[kind],
  }));
}
