/** A step of a transformation as it is edited: texts, whatever they say so far. */
export interface Step {
  op: StepOp;
  path: string;
  to: string;
  value: string;
  onlyIfMissing: boolean;
  type: ConvertType;
  decimal: "." | ",";
  values: string;
  otherwise: string;
  format: string;
  zone: string;
}

export const stepOps = ["set", "remove", "rename", "copy", "convert", "map", "time"] as const;
export type StepOp = (typeof stepOps)[number];
export const convertTypes = ["string", "number", "integer", "boolean"] as const;
type ConvertType = (typeof convertTypes)[number];

export interface Transformation {
  operations: Record<string, unknown>[];
}

const blank: Step = {
  op: "set",
  path: "",
  to: "",
  value: "",
  onlyIfMissing: false,
  type: "number",
  decimal: ".",
  values: "",
  otherwise: "",
  format: "iso",
  zone: "UTC",
};

/** One that begins where the cause points to. */
export function newStep(op: StepOp, field: string | null): Step {
  return { ...blank, op, path: field === null ? "" : pointerOf(field) };
}

/** A field of a reason (`products[*].price`, by dots) as a JSON Pointer. */
export function pointerOf(field: string): string {
  if (field.startsWith("/")) return field;
  const tokens = field.split(/\.|\[(\d+|\*)\]/).filter((token) => token !== undefined && token !== "");
  return tokens.map((token) => `/${token.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** Null: as they were. */
export function transformationOf(steps: readonly Step[]): Transformation | null {
  return steps.length === 0 ? null : { operations: steps.map(operationOf) };
}

function operationOf(step: Step): Record<string, unknown> {
  const { op, path } = step;
  switch (op) {
    case "set":
      return { op, path, value: valueOf(step.value), ...(step.onlyIfMissing ? { onlyIfMissing: true } : {}) };
    case "remove":
      return { op, path };
    case "rename":
    case "copy":
      return { op, path, to: step.to };
    case "convert":
      return { op, path, to: step.type, ...(step.decimal === "," ? { decimal: "," } : {}) };
    case "map":
      return {
        op,
        path,
        values: valuesOf(step.values),
        ...(step.otherwise === "" ? {} : { otherwise: valueOf(step.otherwise) }),
      };
    case "time":
      return { op, path, format: step.format, ...(step.zone === "UTC" ? {} : { zone: step.zone }) };
  }
}

/** JSON where it is some, else the text itself: `5`, `null`, `"5"`, `GBP`. */
function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function valuesOf(text: string): Record<string, unknown> {
  const pairs = text
    .split("\n")
    .map((line) => /^(.*?)\s*=\s*(.*)$/.exec(line.trim()))
    .flatMap((found) => (found === null ? [] : [[found[1] ?? "", valueOf(found[2] ?? "")] as const]));
  return Object.fromEntries(pairs);
}

/** Of a document as JSON text; null where it says more than the form can show. */
export function stepsOf(document: Transformation): Step[] | null {
  const steps = document.operations.map(stepOf);
  const known = steps.filter((step) => step !== null);
  if (known.length < steps.length) return null;
  return JSON.stringify(transformationOf(known)?.operations ?? []) === JSON.stringify(document.operations)
    ? known
    : null;
}

function stepOf(operation: Record<string, unknown>): Step | null {
  const op = stepOps.find((each) => each === operation["op"]);
  if (op === undefined) return null;
  const text = (name: string): string => (typeof operation[name] === "string" ? operation[name] : "");
  const step: Step = { ...newStep(op, null), path: text("path"), to: text("to") };
  if ("value" in operation) step.value = textOf(operation["value"]);
  if ("otherwise" in operation) step.otherwise = textOf(operation["otherwise"]);
  step.onlyIfMissing = operation["onlyIfMissing"] === true;
  step.type = convertTypes.find((type) => type === operation["to"]) ?? "number";
  if (operation["decimal"] === ",") step.decimal = ",";
  if (op === "time") Object.assign(step, { format: text("format"), zone: text("zone") || "UTC" });
  const { values } = operation;
  if (typeof values === "object" && values !== null) {
    step.values = Object.entries(values)
      .map(([from, to]) => `${from} = ${textOf(to)}`)
      .join("\n");
  }
  return step;
}

function textOf(value: unknown): string {
  return typeof value === "string" && valueOf(value) === value && value !== "" ? value : JSON.stringify(value);
}

/** A document from JSON text, or what is wrong with it (null: it is JSON of another shape). */
export function parsedDocument(text: string): { document: Transformation } | { fault: string | null } {
  try {
    const read: unknown = JSON.parse(text);
    if (typeof read !== "object" || read === null || !("operations" in read)) return { fault: null };
    const given: unknown[] = Array.isArray(read.operations) ? read.operations : [null];
    const operations = given.filter(isRecord);
    return operations.length === given.length ? { document: { operations } } : { fault: null };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : "" };
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
