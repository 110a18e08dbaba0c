import type { JsonObject, JsonValue } from "../../model/event.ts";
import { planHolders, planModes, unplannedChoices, type TrackingPlan } from "../../model/trackingPlan.ts";
import { schemaErrors, type ErrorObject } from "./engine.ts";
import { planProblem, quoted, type Place } from "./planProblem.ts";
import { readSchema, type SchemaParts, type Spent } from "./readSchema.ts";
import { planLimits } from "./schemaKeywords.ts";

const fields = new Set<string>(["$schema", "mode", "unplannedEvents", "events", ...planHolders, "$defs"]);
/** Of the older one, what both say alike is taken; the rest is refused by its keyword. */
const drafts = ["https://json-schema.org/draft/2020-12/schema", "http://json-schema.org/draft-07/schema"];
/** Brackets: of schemas and of the values in them. */
const maxBrackets = planLimits.depth * 2 + 8;

/**
 * A tracking plan from its document, which may be anything; what it leaves out is `observe`, `allow` and no events. Its
 * schemas are ready to be compiled. Problem 400 `tracking_plan_invalid`, with where in the document as its field.
 */
export function readPlan(document: unknown): TrackingPlan {
  const plan = objectAt(storable(document), []);
  for (const name of Object.keys(plan)) {
    if (!fields.has(name)) throw planProblem([name], "is no part of a plan", `Parts are ${[...fields].join(", ")}.`);
  }
  checkDraft(plan, []);
  const spent: Spent = { schemas: 0, patternSteps: 0 };
  const shared = defsIn(plan, [], { defs: new Map(), spent });
  const schema = (at: Place, value: JsonValue): JsonObject => schemaAt(value, at, { defs: shared, spent });
  const events = objectAt(plan["events"] ?? {}, ["events"]);
  const names = Object.keys(events);
  if (names.length > planLimits.events) {
    throw planProblem(["events"], `names more than ${planLimits.events} events`, "Leave out those that nobody sends.");
  }
  for (const name of names) checkName(name);
  const holders = planHolders.flatMap((name) =>
    Object.hasOwn(plan, name) ? [[name, schema([name], plan[name] ?? null)] as const] : [],
  );
  return {
    mode: choiceAt(plan, "mode", planModes, "observe"),
    unplannedEvents: choiceAt(plan, "unplannedEvents", unplannedChoices, "allow"),
    events: Object.fromEntries(names.map((name) => [name, schema(["events", name], events[name] ?? null)])),
    ...Object.fromEntries(holders),
  };
}

/** Small and shallow enough to be looked at, without what no store or object can keep. */
function storable(document: unknown): JsonValue {
  let text: string;
  try {
    text = JSON.stringify(document) ?? "null";
  } catch {
    throw planProblem([], "is nested too deeply", "Describe the inner parts less closely.");
  }
  if (text.length > planLimits.documentChars) {
    const message = `has more than ${planLimits.documentChars} characters of JSON`;
    throw planProblem([], message, "Put what repeats into `$defs`, and name it by `$ref`.");
  }
  const read = JSON.parse(text) as JsonValue;
  checkValue(read, []);
  return read;
}

function checkValue(value: JsonValue, at: Place): void {
  if (typeof value === "string") checkText(value, at);
  if (typeof value !== "object" || value === null) return;
  if (at.length >= maxBrackets) throw planProblem(at, "is nested too deeply", "Describe it less closely.");
  if (Array.isArray(value)) {
    for (const [index, each] of value.entries()) checkValue(each, [...at, index]);
    return;
  }
  for (const [name, each] of Object.entries(value)) {
    checkText(name, at);
    if (name === "__proto__") throw planProblem(at, "uses the name `__proto__`", "No call can be held to it.");
    checkValue(each, [...at, name]);
  }
}

function checkText(text: string, at: Place): void {
  if (text.isWellFormed() && !text.includes("\0")) return;
  throw planProblem(at, "holds text that is not Unicode, or NUL", "Send UTF-8 text without U+0000.");
}

function objectAt(value: JsonValue, at: Place): JsonObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw planProblem(at, "must be an object", 'A plan begins: {"mode": "observe", "events": {}}.');
}

function checkName(name: string): void {
  if (name.trim() !== "" && name.length <= planLimits.eventNameChars) return;
  const message = `names an event of no, or of more than ${planLimits.eventNameChars}, characters`;
  throw planProblem(["events"], message, "No track call can have such a name.");
}

function choiceAt<Choice extends string>(
  plan: JsonObject,
  name: string,
  choices: readonly Choice[],
  otherwise: Choice,
): Choice {
  if (!Object.hasOwn(plan, name)) return otherwise;
  const chosen = choices.find((choice) => choice === plan[name]);
  if (chosen !== undefined) return chosen;
  throw planProblem([name], `cannot be ${quoted(plan[name])}`, `One of: ${choices.join(", ")}.`);
}

function checkDraft(holder: JsonObject, at: Place): void {
  if (!Object.hasOwn(holder, "$schema")) return;
  const draft = holder["$schema"];
  if (typeof draft === "string" && drafts.includes(draft.replace(/#$/, ""))) return;
  const hint = `Write schemas of ${drafts.join(" or ")}, or leave it out.`;
  throw planProblem([...at, "$schema"], "names another JSON Schema than plans know", hint);
}

/** Those that are known, and the holder's own, which go before. Each is read by itself: none need be named. */
function defsIn(holder: JsonObject, at: Place, known: SchemaParts): SchemaParts["defs"] {
  if (!Object.hasOwn(holder, "$defs")) return known.defs;
  const defs = new Map(known.defs);
  for (const [name, schema] of Object.entries(objectAt(holder["$defs"] ?? null, [...at, "$defs"]))) {
    if (known.defs.has(name)) {
      throw planProblem([...at, "$defs", name], "is also what the plan's own `$defs` names", "Give one another name.");
    }
    defs.set(name, { schema, at: [...at, "$defs", name] });
  }
  for (const { schema, at: place } of defs.values()) {
    readSchema(schema, place, { ...known, defs });
    checkShape(schema, place);
  }
  return defs;
}

function schemaAt(value: JsonValue, at: Place, parts: SchemaParts): JsonObject {
  const given = objectAt(value, at);
  checkDraft(given, at);
  const read = readSchema(given, at, { ...parts, defs: defsIn(given, at, parts) });
  checkShape(given, at);
  return read;
}

/** What keywords say: the meta-schema knows. */
function checkShape(schema: JsonValue, at: Place): void {
  const [first] = schemaErrors(schema);
  if (first === undefined) return;
  const inside = first.instancePath.split("/").slice(1);
  const place = [...at, ...inside.map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))];
  throw planProblem(place, shapeMessage(first), "See docs/tracking-plans.md for how schemas are written.");
}

function shapeMessage({ keyword, message, params }: ErrorObject): string {
  if (keyword === "enum" || keyword === "anyOf") return "must be one of JSON Schema's own values";
  const property = params["additionalProperty"];
  return typeof property === "string" ? `cannot have ${quoted(property)}` : (message ?? "is not as JSON Schema has it");
}
