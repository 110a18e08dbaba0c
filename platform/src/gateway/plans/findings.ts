import type { JsonObject, JsonValue } from "../../model/event.ts";
import { maxPathChars, type ViolationKind } from "../../model/trackingPlan.ts";
import type { ErrorObject } from "./engine.ts";

/** One place where a call broke the plan, under `properties` or `traits`. */
export interface Finding {
  kind: ViolationKind;
  /** From the holder, outermost first; numbers are places in lists. */
  path: readonly (string | number)[];
  /** Something is there that the plan does not know; what is there instead of what it wants has another kind. */
  isUnknown: boolean;
}

const kinds: ReadonlyMap<string, ViolationKind> = new Map<string, ViolationKind>([
  ["required", "required_missing"],
  ["dependentRequired", "required_missing"],
  ["additionalProperties", "unplanned_property"],
  ["unevaluatedProperties", "unplanned_property"],
  ["propertyNames", "unplanned_property"],
  ["false schema", "unplanned_property"],
  ["type", "wrong_type"],
  ["enum", "value_not_allowed"],
  ["const", "value_not_allowed"],
  ["format", "wrong_format"],
  ["pattern", "pattern_not_matched"],
  ["uniqueItems", "not_unique"],
  ["anyOf", "schema_not_matched"],
  ["oneOf", "schema_not_matched"],
  ["not", "schema_not_matched"],
  ["contains", "schema_not_matched"],
]);
/** Of these it is one thing or the other: what each branch says is no fault by itself. */
const choices: ReadonlySet<string> = new Set(["anyOf", "oneOf", "not", "contains", "propertyNames"]);
/** What follows these is a name and no keyword. */
const naming: ReadonlySet<string> = new Set(["properties", "patternProperties", "dependentSchemas"]);

/** What the engine found of a holder, in its words, as what it means. `if` only says that `then` or `else` did not hold. */
export function findingsOf(errors: readonly ErrorObject[], holder: JsonObject): Finding[] {
  return errors.flatMap((error) => {
    if (error.keyword === "if" || isOfBranch(error.schemaPath)) return [];
    const kind = kinds.get(error.keyword) ?? "out_of_bounds";
    const path = pathOf(error.instancePath, holder);
    const name = namedBy(error.params);
    return [{ kind, path: name === null ? path : [...path, name], isUnknown: kind === "unplanned_property" }];
  });
}

function isOfBranch(schemaPath: string): boolean {
  const parts = schemaPath.split("/").slice(1);
  for (let index = 0; index < parts.length - 1; index += 1) {
    const part = parts[index] ?? "";
    if (choices.has(part)) return true;
    if (naming.has(part)) index += 1;
  }
  return false;
}

function namedBy(params: Record<string, unknown>): string | null {
  for (const key of ["missingProperty", "additionalProperty", "unevaluatedProperty", "propertyName"]) {
    const name = params[key];
    if (typeof name === "string") return name;
  }
  return null;
}

/** A JSON Pointer (RFC 6901) into the holder; what is a place and what is a name is seen there. */
function pathOf(pointer: string, holder: JsonObject): (string | number)[] {
  let at: JsonValue | undefined = holder;
  return pointer
    .split("/")
    .slice(1)
    .map((part) => {
      const name: string = part.replaceAll("~1", "/").replaceAll("~0", "~");
      const isList: boolean = Array.isArray(at);
      at = childOf(at, name);
      return isList ? Number(name) : name;
    });
}

function childOf(at: JsonValue | undefined, name: string): JsonValue | undefined {
  if (Array.isArray(at)) return at[Number(name)];
  return typeof at === "object" && at !== null && Object.hasOwn(at, name) ? at[name] : undefined;
}

/** `properties.products[3].price`, or with any place as `[*]`. */
export function pathText(holder: string, path: Finding["path"], places: "told" | "any"): string {
  const text = path.map((part) => (typeof part === "string" ? `.${part}` : places === "told" ? `[${part}]` : "[*]"));
  return `${holder}${text.join("")}`.slice(0, maxPathChars).toWellFormed().replaceAll("\0", "\uFFFD");
}
