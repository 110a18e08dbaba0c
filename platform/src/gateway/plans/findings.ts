import { identifyingNames } from "../../model/callIdentifiers.ts";
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

/** Where a call broke the plan. */
export interface Findings {
  /** At most {@link maxFindings}; at least one, unless there is none. */
  told: readonly Finding[];
  /** Of the others, the properties of the holder that hold what could be taken out. */
  others: ReadonlySet<string>;
  /** Of all. */
  count: number;
}

/** Looked at one by one, of one call: a list of a whole call may be wrong at each of its places. */
const maxFindings = 200;

/**
 * What the engine finds, as what it means. `if` only says that `then` or `else` did not hold. Remembers which places of
 * the schema are branches of others.
 */
export function findingsReader(): (errors: readonly ErrorObject[], holder: JsonObject) => Findings {
  const branches = new Map<string, boolean>();
  const isFault = ({ keyword, schemaPath }: ErrorObject): boolean => {
    const known = branches.get(schemaPath) ?? isOfBranch(schemaPath);
    branches.set(schemaPath, known);
    return keyword !== "if" && !known;
  };
  return (errors, holder) => {
    const faults = errors.filter(isFault);
    const others = new Set<string>();
    for (const fault of faults.slice(maxFindings)) {
      const name = outermostName(fault);
      if (name !== null) others.add(name);
    }
    return {
      told: faults.slice(0, maxFindings).map((fault) => findingOf(fault, holder)),
      others,
      count: faults.length,
    };
  };
}

function findingOf(error: ErrorObject, holder: JsonObject): Finding {
  const kind = kindOf(error);
  const path = pathOf(error.instancePath, holder);
  const name = namedBy(error.params);
  return { kind, path: name === null ? path : [...path, name], isUnknown: kind === "unplanned_property" };
}

function kindOf({ keyword }: ErrorObject): ViolationKind {
  return kinds.get(keyword) ?? "out_of_bounds";
}

/** Null where nothing is there, where the holder as a whole is wrong, and for what identifies people and is not known. */
export function outermostName(error: ErrorObject): string | null {
  const kind = kindOf(error);
  if (kind === "required_missing") return null;
  const name = outermostPart(error);
  const isOwn = error.instancePath === "" && name !== null;
  return isOwn && kind === "unplanned_property" && identifyingNames.has(name) ? null : name;
}

/** The property of the holder in which something is wrong; null where that is the holder as a whole. */
export function outermostPart({ instancePath, params }: ErrorObject): string | null {
  if (instancePath === "") return namedBy(params);
  const end = instancePath.indexOf("/", 1);
  return unescaped(end === -1 ? instancePath.slice(1) : instancePath.slice(1, end));
}

function unescaped(part: string): string {
  return part.replaceAll("~1", "/").replaceAll("~0", "~");
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
      const name: string = unescaped(part);
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
