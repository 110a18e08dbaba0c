/** A field that differs between two documents; of lists, what goes (`before`) and what comes (`after`). */
export interface Change {
  path: string;
  before?: unknown;
  after?: unknown;
}

/** As the platform compares them: sorted by path, lists as sets. */
export function changesBetween(before: unknown, after: unknown, path = ""): Change[] {
  return below(before, after, path).sort((one, other) => (one.path < other.path ? -1 : 1));
}

function below(before: unknown, after: unknown, path: string): Change[] {
  if (isObject(before) && isObject(after)) {
    const names = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...names].flatMap((name) => below(before[name], after[name], path === "" ? name : `${path}.${name}`));
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const gone = before.filter((item) => !after.includes(item));
    const come = after.filter((item) => !before.includes(item));
    return gone.length + come.length === 0 ? [] : [{ path, before: gone, after: come }];
  }
  if (before === after) return [];
  return [{ path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
