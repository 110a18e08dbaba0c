import { expect, it } from "vitest";
import { callChanges, pathsOf } from "./changes.ts";

it("what changes is told by its path, with what was there before", () => {
  const before = { event: "x", properties: { total: "1,50", "a/b": 1, list: [1, 2] } };
  const after = { name: "x", properties: { total: 1.5, "a/b": 1, list: [1] } };
  expect(callChanges(before, after)).toEqual([
    { path: "/event", before: "x", after: undefined },
    { path: "/properties/total", before: "1,50", after: 1.5 },
    { path: "/properties/list/1", before: 2, after: undefined },
    { path: "/name", before: undefined, after: "x" },
  ]);
  expect(callChanges(before, before)).toEqual([]);
  expect(callChanges({ a: [] }, { a: {} })).toEqual([{ path: "/a", before: [], after: {} }]);
  expect(callChanges({}, Object.fromEntries(Array.from({ length: 99 }, (_, n) => [`k${n}`, n])))).toHaveLength(50);
});

it("paths that steps can name", () => {
  expect(pathsOf({ messageId: "m", properties: { products: [{ price: 1 }, { price: 2 }] } })).toEqual([
    "/properties",
    "/properties/products",
    "/properties/products/*",
    "/properties/products/*/price",
  ]);
  expect(pathsOf("text")).toEqual([]);
});
