/** A value of a call that a transformation changes. Undefined: it is not there. */
interface CallChange {
  path: string;
  before: unknown;
  after: unknown;
}

const maxChanges = 50;

/** What differs between two calls, by JSON Pointers, in the order of the first; at most fifty. */
export function callChanges(before: unknown, after: unknown, path = ""): CallChange[] {
  if (Object.is(before, after)) return [];
  if (!isHolder(before) || !isHolder(after) || Array.isArray(before) !== Array.isArray(after)) {
    return [{ path, before, after }];
  }
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  const found: CallChange[] = [];
  for (const key of keys) {
    const under = `${path}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    found.push(...callChanges(ownOf(before, key), ownOf(after, key), under));
    if (found.length >= maxChanges) return found.slice(0, maxChanges);
  }
  return found;
}

function isHolder(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function ownOf(holder: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(holder, key) ? holder[key] : undefined;
}

/** Paths of all values of a call that steps could name, places in lists as `*`; at most a hundred. */
export function pathsOf(call: unknown): string[] {
  const found = new Set<string>();
  const walk = (value: unknown, path: string): void => {
    if (found.size >= 100 || !isHolder(value)) return;
    for (const [key, inner] of Object.entries(value)) {
      const token = Array.isArray(value) ? "*" : key.replaceAll("~", "~0").replaceAll("/", "~1");
      if (path === "" && key === "messageId") continue;
      found.add(`${path}/${token}`);
      walk(inner, `${path}/${token}`);
    }
  };
  walk(call, "");
  return [...found];
}
