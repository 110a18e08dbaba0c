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

const unknown: Route = { kind: "unknown" };
const batch: Route = { kind: "batch" };
const callRoutes = new Map([...calls].map(([name, type]): [string, Route] => [name, { kind: "call", type }]));

/** What spans and logs call it: of what the address holds, nothing. */
export function patternOf(route: Route): string {
  switch (route.kind) {
    case "call":
      return `/v1/${route.type}`;
    case "batch":
      return "/v1/batch";
    case "settings":
      return "/v1/projects/:writeKey/settings";
    case "sourceConfig":
      return "/sourceConfig";
    case "unknown":
      return "/v1/*";
  }
}

/** Null for an address that is not the gateway's: the API's `/v1/spaces/…` reads are not. */
export function routeOf(url: string): Route | null {
  const path = url.split("?", 1)[0] ?? "";
  const parts = path.split("/").filter((part) => part !== "");
  const [first = "", second = "", third = "", fourth = ""] = parts;
  if (first.toLowerCase() === "sourceconfig" && parts.length === 1) return { kind: "sourceConfig" };
  if (first === "beacon" && second === "v1") return third === "batch" && parts.length === 3 ? batch : unknown;
  if (first !== "v1" || second === "spaces") return null;
  if (parts.length === 2) return batches.has(second) ? batch : (callRoutes.get(second) ?? unknown);
  if (second === "projects" && fourth === "settings" && parts.length === 4) {
    return { kind: "settings", writeKey: decoded(third) };
  }
  return unknown;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return "";
  }
}
