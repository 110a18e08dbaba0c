import { Problem } from "../model/problem.ts";

/** Problem 422 `mapping_invalid` about a field by its path (`events[0].type`), or about the mapping as a whole (""). */
export function invalidMapping(field: string, what: string, hint?: string): Problem {
  const name = field === "" ? "the mapping" : field;
  return new Problem(422, "mapping_invalid", `${name} ${what}`, {
    hint: hint ?? "docs/import.md describes every field of a mapping",
    ...(field === "" ? {} : { field }),
  });
}
