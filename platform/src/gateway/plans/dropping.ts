import { identifyingNames } from "../../model/callIdentifiers.ts";
import type { JsonObject, JsonValue } from "../../model/event.ts";
import type { Finding, Findings } from "./findings.ts";

/**
 * A holder without what broke the plan: of each finding the innermost property that holds it. Nothing is left to take
 * where something is missing, or where the holder as a whole is wrong. What people are told apart by stays where the
 * plan only does not know it. Of a call that is wrong in very many places the outermost properties go.
 */
export function withoutOffending(holder: JsonObject, { told, others }: Findings): JsonObject {
  const offending = told.flatMap((finding) => {
    const path = offendingPath(finding);
    return path === null ? [] : [path];
  });
  for (const name of others) offending.push([name]);
  if (offending.length === 0) return holder;
  const copy = structuredClone(holder);
  for (const path of offending) remove(copy, path);
  return copy;
}

function offendingPath({ kind, path, isUnknown }: Finding): readonly (string | number)[] | null {
  if (kind === "required_missing") return null;
  const last = path.findLastIndex((part) => typeof part === "string");
  const [first] = path;
  const isIdentifying = path.length === 1 && typeof first === "string" && identifyingNames.has(first);
  return last === -1 || (isUnknown && isIdentifying) ? null : path.slice(0, last + 1);
}

function remove(holder: JsonObject, path: readonly (string | number)[]): void {
  let at: JsonValue | undefined = holder;
  for (const part of path.slice(0, -1)) at = stepInto(at, part);
  const name = path.at(-1);
  // What holds it may be gone already.
  if (isPlain(at) && typeof name === "string") delete at[name];
}

function stepInto(at: JsonValue | undefined, part: string | number): JsonValue | undefined {
  if (typeof part === "number") return Array.isArray(at) ? at[part] : undefined;
  return isPlain(at) && Object.hasOwn(at, part) ? at[part] : undefined;
}

function isPlain(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
