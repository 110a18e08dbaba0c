import type { CallType } from "../model/event.ts";

export type Route =
  | { kind: "call"; type: CallType }
  | { kind: "batch" }
  | { kind: "settings"; writeKey: string }
  | { kind: "sourceConfig" }
  | { kind: "unknown" };

const calls = new Map<string, CallType>([
  ["identify", "identify"],
  ["track", "track"],
  ["page", "page"],
  ["screen", "screen"],
  ["group", "group"],
  ["alias", "alias"],
  ["i", "identify"],
  ["t", "track"],
  ["p", "page"],
  ["s", "screen"],
  ["g", "group"],
  ["a", "alias"],
]);
const batches = new Set(["batch", "b", "import"]);

/** Null for an address that is not the gateway's: the API's `/v1/spaces/…` reads are not. */
export function routeOf(url: string): Route | null {
  const path = url.split("?", 1)[0] ?? "";
  const parts = path.split("/").filter((part) => part !== "");
  if (parts[0]?.toLowerCase() === "sourceconfig" && parts.length === 1) return { kind: "sourceConfig" };
  if (parts[0] !== "v1" || parts[1] === "spaces") return null;
  const name = parts[1] ?? "";
  if (parts.length === 2) {
    const type = calls.get(name);
    if (type !== undefined) return { kind: "call", type };
    if (batches.has(name)) return { kind: "batch" };
  }
  if (name === "projects" && parts[3] === "settings" && parts.length === 4) {
    return { kind: "settings", writeKey: decoded(parts[2] ?? "") };
  }
  return { kind: "unknown" };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return "";
  }
}
