import { expect, test } from "vitest";
import { slowestFollower } from "./slowestFollower.ts";

test("nothing is released before every follower has said what it has; then what the slowest has", () => {
  const released: number[] = [];
  const followed = slowestFollower(["analytics", "search"], (version) => released.push(version));
  followed("analytics", 10);
  followed("analytics", 20);
  expect(released).toEqual([]);
  followed("search", 5);
  followed("search", 30);
  followed("search", 40);
  expect(released).toEqual([5, 20]);
  // One that copies anew is behind what is gone already: that does not come back.
  followed("analytics", 15);
  followed("analytics", 50);
  expect(released).toEqual([5, 20, 40]);
});
