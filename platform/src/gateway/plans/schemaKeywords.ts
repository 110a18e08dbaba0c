/** What may stand under a keyword of a schema. */
export type KeywordKind = "value" | "schema" | "schemas" | "named";

/**
 * The keywords of JSON Schema 2020-12 that a tracking plan may use. Left out: those that reach outside of the document
 * (`$id`, `$anchor`, `$dynamicRef`, `$vocabulary`), and `content…`, which says nothing of JSON.
 */
export const schemaKeywords: ReadonlyMap<string, KeywordKind> = new Map([
  ...each("value", "$comment title description default examples deprecated readOnly writeOnly type enum const"),
  ...each("value", "minLength maxLength pattern format minimum maximum exclusiveMinimum exclusiveMaximum multipleOf"),
  ...each("value", "minItems maxItems uniqueItems minContains maxContains minProperties maxProperties"),
  ...each("value", "required dependentRequired"),
  ...each("schema", "items contains additionalProperties propertyNames unevaluatedItems unevaluatedProperties"),
  ...each("schema", "not if then else"),
  ...each("schemas", "allOf anyOf oneOf prefixItems"),
  ...each("named", "properties patternProperties dependentSchemas"),
]);

function each(kind: KeywordKind, names: string): [string, KeywordKind][] {
  return names.split(" ").map((name) => [name, kind]);
}

/** Older names that people still write, and what says the same now. */
export const olderKeywords: ReadonlyMap<string, string> = new Map([
  ["definitions", "write `$defs`"],
  ["dependencies", "write `dependentRequired` or `dependentSchemas`"],
  ["additionalItems", "write `prefixItems` and `items`"],
  ["id", "leave it out"],
  ["$id", "leave it out: schemas name each other by `#/$defs/NAME` only"],
  ["$anchor", "leave it out: schemas name each other by `#/$defs/NAME` only"],
  ["$dynamicRef", "write `$ref`"],
  ["nullable", 'add "null" to `type`'],
]);

/** Checked by ajv-formats; others say nothing that could be checked. */
export const knownFormats = [
  "date-time",
  "date",
  "time",
  "duration",
  "email",
  "hostname",
  "ipv4",
  "ipv6",
  "uri",
  "uuid",
] as const;

/** Most that a plan may hold, so that what it takes to judge a call is bounded. */
export const planLimits = {
  /** Of the document as JSON. */
  documentChars: 262_144,
  events: 500,
  /** UTF-16 units. */
  eventNameChars: 1_024,
  /** Of a schema in another. */
  depth: 32,
  /** Schemas in schemas, each `$ref` counted as what it stands for. */
  schemas: 20_000,
  patternChars: 512,
  /** Steps that the engine may take for each character; a usual pattern has some twenty. */
  patternSteps: 200,
  /** Of all patterns of the plan. */
  allPatternSteps: 20_000,
} as const;
