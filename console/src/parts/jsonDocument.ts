/** A JSON object that people write. */
export type JsonDocument = Record<string, unknown>;

export function isObject(value: unknown): value is JsonDocument {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function writeDocument(document: JsonDocument): string {
  return JSON.stringify(document, null, 2);
}

/** The document with something else at the path; undefined takes it away. */
export function withValue(document: JsonDocument, path: readonly string[], value: unknown): JsonDocument {
  const [name, ...rest] = path;
  if (name === undefined) return document;
  if (rest.length === 0) {
    const { [name]: _, ...others } = document;
    return value === undefined ? others : { ...document, [name]: value };
  }
  const inner = document[name];
  return { ...document, [name]: withValue(isObject(inner) ? inner : {}, rest, value) };
}
