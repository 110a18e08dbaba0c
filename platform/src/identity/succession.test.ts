import { describe, expect, it } from "vitest";
import type { Edge } from "../model/evidence.ts";
import { edge, fateOf, inputOf } from "./evidence.fake.ts";
import { resolve } from "./resolve.ts";
import { defaultIdentityRules } from "./retailRules.ts";

describe("one user id becomes another by alias", () => {
  function alias(to: string, from: string, firstAt: number): Edge {
    return edge(`user_id:${to}`, `user_id:${from}`, { rule: "alias", firstAt });
  }

  it("the person holds both, and everything else of either", () => {
    const edges = [
      alias("new", "old", 5),
      edge("email:a@x.co", "user_id:old", { firstAt: 1 }),
      edge("phone:+4420", "user_id:new", { firstAt: 6 }),
    ];
    expect(resolve(inputOf(edges), defaultIdentityRules).persons).toEqual([
      ["email:a@x.co", "phone:+4420", "user_id:new", "user_id:old"],
    ]);
  });

  it("a previous id with two successors goes to the first, and the successors stay two people", () => {
    const resolution = resolve(inputOf([alias("x", "old", 1), alias("y", "old", 2)]), defaultIdentityRules);
    expect(resolution.persons).toEqual([["user_id:old", "user_id:x"], ["user_id:y"]]);
    expect(fateOf(resolution, "user_id:y", "user_id:old")).toEqual(["limit"]);
  });

  it("a chain is one person, whose last id alone counts", () => {
    const edges = [alias("b", "a", 1), alias("c", "b", 2), alias("d", "c", 3), edge("email:a@x.co", "user_id:a")];
    const resolution = resolve(
      inputOf([...edges, edge("email:a@x.co", "user_id:e", { firstAt: 9 })]),
      defaultIdentityRules,
    );
    expect(resolution.persons).toEqual([
      ["email:a@x.co", "user_id:a", "user_id:b", "user_id:c", "user_id:d"],
      ["user_id:e"],
    ]);
  });

  it("there and back again frees no place for a third", () => {
    const edges = [alias("b", "a", 1), alias("a", "b", 2)];
    const third = edge("email:a@x.co", "user_id:c", { firstAt: 0 });
    const both = edge("email:a@x.co", "user_id:a", { firstAt: 1 });
    const resolution = resolve(inputOf([...edges, third, both]), defaultIdentityRules);
    expect(resolution.persons).toEqual([
      ["email:a@x.co", "user_id:c"],
      ["user_id:a", "user_id:b"],
    ]);
  });

  it("an alias refused when its turn came is active once a chain brought its ends together", () => {
    const resolution = resolve(
      inputOf([alias("b", "a", 1), alias("c", "a", 2), alias("c", "b", 3)]),
      defaultIdentityRules,
    );
    expect(resolution.persons).toEqual([["user_id:a", "user_id:b", "user_id:c"]]);
    expect(resolution.edges.map(({ status }) => status)).toEqual(["active", "active", "active"]);
  });

  it("an alias to itself says nothing", () => {
    expect(resolve(inputOf([alias("a", "a", 1)]), defaultIdentityRules)).toMatchObject({
      persons: [["user_id:a"]],
      edges: [{ status: "active" }],
    });
  });

  it("an alias that a limit refuses supersedes nothing", () => {
    const emails = (user: string, from: number) =>
      [0, 1, 2].map((n) => edge(`user_id:${user}`, `email:e${from + n}@x.co`, { rule: "alias", firstAt: 0 }));
    const edges = [
      ...emails("old", 0),
      ...emails("new", 3),
      alias("new", "old", 5),
      edge("phone:+4420", "user_id:old", { firstAt: 6 }),
      edge("phone:+4420", "user_id:other", { firstAt: 7 }),
    ];
    // Ranked so that the e-mails' aliases come first: together they are six, one more than a person may have.
    const rules = {
      ...defaultIdentityRules,
      types: { ...defaultIdentityRules.types, email: { kind: "personal", rank: 999, limit: 5, bridges: true } },
    } as const;
    const resolution = resolve(inputOf(edges), rules);
    expect(fateOf(resolution, "user_id:new", "user_id:old")).toEqual(["limit"]);
    expect(fateOf(resolution, "phone:+4420", "user_id:old")).toEqual(["active"]);
    expect(fateOf(resolution, "phone:+4420", "user_id:other")).toEqual(["limit"]);
  });
});
