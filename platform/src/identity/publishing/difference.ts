/** What differs between two documents: a field, or what a list loses (`before`) and gains (`after`). */
export interface DocumentChange {
  /** `types.email.limit`. */
  path: string;
  /** Undefined where the field is new. */
  before?: unknown;
  /** Undefined where the field is gone. */
  after?: unknown;
}

/** Sorted by path. Lists are compared as sets of texts: their order says nothing in a rules document. */
export function documentChanges(before: unknown, after: unknown): DocumentChange[] {
  return changesBelow("", before, after).sort((one, other) => (one.path < other.path ? -1 : 1));
}

function changesBelow(path: string, before: unknown, after: unknown): DocumentChange[] {
  if (isObject(before) && isObject(after)) {
    const names = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...names].flatMap((name) => changesBelow(below(path, name), own(before, name), own(after, name)));
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const gone = before.filter((item) => !after.includes(item));
    const come = after.filter((item) => !before.includes(item));
    return gone.length + come.length === 0 ? [] : [{ path, before: gone, after: come }];
  }
  if (before === after) return [];
  return [{ path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
}

/** The first document with one change of the second made in it. */
export function withChange<Of extends object>(before: Of, after: Of, path: string): Of {
  const changed = structuredClone(before);
  // Names hold no dots: types are snake_case, fields are ours.
  const names = path.split(".");
  const last = names.pop() ?? "";
  let into: Fields = changed as Fields;
  let from: unknown = after;
  for (const name of names) {
    into = into[name] as Fields;
    from = own(from as Fields, name);
  }
  const value = own(from as Fields, last);
  if (value === undefined) delete into[last];
  else into[last] = structuredClone(value);
  return changed;
}

type Fields = Record<string, unknown>;

function own(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

function below(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
