import { describe, expect, it } from "vitest";
import { linksOf, placed } from "./graphLayout.ts";
import { nodeSize } from "./graphSizes.ts";
import { edgeOf } from "./evidence.fake.ts";
import type { Identity } from "./joins.ts";
import { foldedPicture, maxGraphNodes, pictureOf } from "./records.ts";

const at = "2026-03-01T10:00:00.000Z";
const held = (type: string, value: string, sources: string[]) => ({
  type,
  value,
  firstSeenAt: at,
  lastSeenAt: at,
  sources,
});
const ordinary = (identifier: string): Identity["identifiers"][number] => ({
  identifier,
  decision: "ordinary",
  reason: null,
});

const identity: Identity = {
  devices: [],
  devicesLeftOut: 0,
  identifiers: [
    ordinary("email:a@b.example"),
    ordinary("crm_id:7"),
    ordinary("user_id:u"),
    { identifier: "email:info@b.example", decision: "hub", reason: "too many logins" },
  ],
  edges: [
    edgeOf("crm_id:7", "email:a@b.example", { source: "crm", count: 3, confidence: 0.7 }),
    edgeOf("email:a@b.example", "user_id:u", { source: "web", count: 5 }),
    edgeOf("email:info@b.example", "user_id:u", { source: "web", status: "refused", reason: "hub" }),
  ],
};
const identifiers = [
  held("email", "a@b.example", ["crm", "web", "pos"]),
  held("crm_id", "7", ["crm"]),
  held("user_id", "u", ["web"]),
];

describe("the picture of an identity", () => {
  it("has a record for what each source knows together, named by what is surest", () => {
    const { records, shared, weakest, refused } = pictureOf(identity, identifiers);
    expect(records.map(({ source, name, links }) => [source, name, links.length])).toEqual([
      ["crm", "crm_id:7", 2],
      ["pos", "email:a@b.example", 1],
      ["web", "user_id:u", 2],
    ]);
    expect({ shared, weakest, refused: refused.length }).toEqual({ shared: 1, weakest: 0.7, refused: 1 });
  });

  it("is laid out without overlaps, weak and refused links told apart", () => {
    const folded = foldedPicture(pictureOf(identity, identifiers));
    if (folded === null) throw new Error("it is small");
    const nodes = placed(folded);
    expect(nodes).toHaveLength(3 + 4);
    for (const a of nodes) {
      for (const b of nodes) {
        if (a !== b && a.x === b.x) expect(Math.abs(a.y - b.y)).toBeGreaterThanOrEqual(nodeSize.height.wide);
      }
    }
    const looks = linksOf(
      folded,
      identity.edges.filter(({ status }) => status === "refused"),
    ).map(({ look }) => look);
    expect(looks.toSorted()).toEqual(["refused", "sure", "sure", "sure", "weak", "weak"]);
  });

  it("folds what ties nothing where there is much, and is a list where even that is too much", () => {
    const cookies = Array.from({ length: 80 }, (_, index) => `cookie:${index}`);
    const many = {
      devices: [],
      devicesLeftOut: 0,
      identifiers: [...identity.identifiers, ...cookies.map(ordinary)],
      edges: [...identity.edges, ...cookies.map((cookie) => edgeOf(cookie, "user_id:u"))],
    };
    const folded = foldedPicture(pictureOf(many, identifiers));
    expect(folded?.records.find(({ source }) => source === "web")?.folded).toBeGreaterThan(70);
    expect((folded?.records.length ?? 0) + (folded?.identifiers.length ?? 0)).toBeLessThanOrEqual(maxGraphNodes);
    expect(folded?.identifiers.map(({ key }) => key)).toContain("email:a@b.example");
    const sources = cookies.map((cookie, index) => edgeOf(cookie, "user_id:u", { source: `s${index}` }));
    expect(foldedPicture(pictureOf({ ...many, edges: sources }, identifiers))).toBeNull();
  });
});
