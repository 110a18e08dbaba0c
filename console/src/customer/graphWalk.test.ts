import { describe, expect, it } from "vitest";
import type { DrawnLink, PlacedNode } from "./graphLayout.ts";
import { type ArrowKey, pairAt, type Walk, walked } from "./graphWalk.ts";

const column = (x: number, ids: string[]): PlacedNode[] => ids.map((id, at) => ({ id, x, y: at * 42 }));
const places = [...column(0, ["crm", "till", "web"]), ...column(160, ["email:a", "card:1", "user:u", "phone:9"])];
const link = (from: string, to: string): DrawnLink => ({
  id: `${from} ${to}`,
  from,
  to,
  look: "sure",
  confidence: null,
});
const links = [
  link("crm", "email:a"),
  link("crm", "card:1"),
  link("till", "card:1"),
  link("web", "email:a"),
  link("web", "user:u"),
  { ...link("card:1", "phone:9"), look: "refused" as const },
];
const recordOf = (id: string) => ({
  id,
  source: id,
  name: id,
  folded: 0,
  links: links
    .filter(({ from }) => from === id)
    .map(({ to }) => ({ identifier: to, count: 1, confidence: 1, rule: null, since: null })),
});
const picture = { records: ["crm", "till", "web"].map(recordOf) };
const start = (at: string): Walk => ({ at, via: null, origin: null });
/** Where the keys lead; a key that leads nowhere stays. */
const after = (at: string, ...keys: ArrowKey[]): Walk =>
  keys.reduce<Walk>((walk, key) => walked(walk, key, places, links) ?? walk, start(at));

describe("walking the graph", () => {
  it("leads along edges to the nearest end, and back", () => {
    expect(after("web", "ArrowRight").at).toBe("user:u");
    expect(after("web", "ArrowRight", "ArrowLeft").at).toBe("web");
    expect(after("crm", "ArrowLeft").at).toBe("crm");
    expect(after("phone:9", "ArrowLeft").at).toBe("phone:9");
  });

  it("goes up and down over the ends of the edges of where it came from, then through the column", () => {
    expect(after("web", "ArrowRight", "ArrowUp").at).toBe("email:a");
    expect(after("crm", "ArrowRight", "ArrowDown").at).toBe("card:1");
    expect(after("crm", "ArrowRight", "ArrowDown", "ArrowDown", "ArrowDown").at).toBe("phone:9");
    expect(after("crm", "ArrowUp").at).toBe("crm");
    expect(after("crm", "ArrowDown").at).toBe("till");
  });

  it("reaches every node from every other", () => {
    for (const { id } of places) {
      const seen = new Set([id]);
      const open = [start(id)];
      for (let walk = open.pop(); walk !== undefined; walk = open.pop()) {
        for (const key of ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"] as const) {
          const next = walked(walk, key, places, links);
          if (next === null || seen.has(next.at)) continue;
          seen.add(next.at);
          open.push(next);
        }
      }
      expect(seen.size).toBe(places.length);
    }
  });

  it("asks why the identifier that it came from and the one that it came to are one", () => {
    expect(pairAt(after("user:u", "ArrowLeft", "ArrowRight", "ArrowUp"), picture)).toEqual(["user:u", "email:a"]);
    expect(pairAt(after("web", "ArrowRight"), picture)).toEqual(["email:a", "user:u"]);
    expect(pairAt(start("crm"), picture)).toEqual(["email:a", "card:1"]);
    expect(pairAt(start("till"), picture)).toBeNull();
    expect(pairAt(start("card:1"), picture)).toBeNull();
  });
});
