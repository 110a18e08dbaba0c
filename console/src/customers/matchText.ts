import { words } from "../words/words.ts";
import type { FoundCustomer } from "./customerSearch.ts";

/** `loyalty_card` as people say it. */
export function fieldName(field: string): string {
  const known: Readonly<Record<string, string>> = words.customers.fields;
  return Object.hasOwn(known, field) ? String(known[field]) : field.replaceAll("_", " ");
}

/** A person without a name is told as `type:value`; `type` null: it is a name. */
export function nameText(displayName: string): { type: string | null; text: string } {
  const told = /^([a-z][a-z0-9_]*):(.+)$/s.exec(displayName);
  if (told?.[1] === undefined || told[2] === undefined) return { type: null, text: displayName };
  return { type: fieldName(told[1]), text: told[2] };
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
