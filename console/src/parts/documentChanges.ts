import { isObject } from "./jsonDocument.ts";

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
    return [...names].flatMap((name) => below(ownOf(before, name), ownOf(after, name), under(path, name)));
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const gone = without(before, after);
    const come = without(after, before);
    return gone.length + come.length === 0 ? [] : [{ path, before: gone, after: come }];
  }
  if (before === after) return [];
  return [{ path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
}

/** `types.email`, `events["Order Completed"]`. */
function under(path: string, name: string): string {
  if (!/^[\w$-]+$/.test(name)) return `${path}[${JSON.stringify(name)}]`;
  return path === "" ? name : `${path}.${name}`;
}

function ownOf(holder: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(holder, name) ? holder[name] : undefined;
}

function without(items: readonly unknown[], others: readonly unknown[]): unknown[] {
  const known = new Set(others.map((other) => JSON.stringify(other)));
  return items.filter((item) => !known.has(JSON.stringify(item)));
}
