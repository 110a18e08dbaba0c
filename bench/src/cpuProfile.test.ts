import { describe, expect, it } from "vitest";
import { threadOf, timeByFunction, type CpuProfile, type CpuProfileNode } from "./cpuProfile.ts";

function node(id: number, functionName: string, children: number[] = [], url = ""): CpuProfileNode {
  return { id, callFrame: { functionName, url, lineNumber: 9, columnNumber: 0 }, children };
}

/** main → fold (→ fold → parse) and main → parse; one sample is idle. */
const profile: CpuProfile = {
  nodes: [
    node(1, "(root)", [2, 7]),
    node(2, "main", [3, 6], "file:///home/x/platform/src/cli/main.ts"),
    node(3, "fold", [4], "file:///home/x/platform/src/profiles/fold.ts"),
    node(4, "fold", [5], "file:///home/x/platform/src/profiles/fold.ts"),
    node(5, "parse", [], "node:json"),
    node(6, "parse", [], "node:json"),
    node(7, "(idle)"),
  ],
  samples: [2, 3, 4, 5, 6, 7, 5],
  timeDeltas: [1, 10, 100, 1_000, 10_000, 50, -5],
};

describe("timeByFunction", () => {
  const { functions, busyUs, idleUs } = timeByFunction(profile, "main", "/home/x/");
  const named = (name: string) => functions.find((one) => one.name === name);

  it("sums a function's own time over all places that it was called from, longest first", () => {
    expect(functions.map(({ name, selfUs }) => [name, selfUs])).toEqual([
      ["parse", 11_000],
      ["fold", 110],
      ["main", 1],
    ]);
  });

  it("counts a recursion once in the total", () => {
    expect(named("fold")?.totalUs).toBe(1_110);
    expect(named("main")?.totalUs).toBe(11_111);
    expect(named("parse")?.totalUs).toBe(11_000);
  });

  it("keeps waiting apart, and takes no clock that ran backwards", () => {
    expect(busyUs).toBe(11_111);
    expect(idleUs).toBe(50);
  });

  it("names files from the project's root, lines from 1", () => {
    expect(named("fold")).toMatchObject({ file: "platform/src/profiles/fold.ts", line: 10 });
    expect(named("parse")?.file).toBe("node:json");
  });
});

describe("threadOf", () => {
  it.each([
    ["file:///x/platform/src/runtime/ingestionThread.ts", "ingestion"],
    ["file:///x/platform/src/adapters/embedded/analytics/thread.ts", "analytics"],
    ["file:///x/platform/dist/4f/runtime-ingestionThread.js", "ingestion"],
    ["file:///x/platform/dist/4f/adapters-embedded-search-thread.js", "search"],
    ["file:///x/platform/src/gateway/gateway.ts", "gateway and API"],
  ])("%s is of %s", (url, thread) => {
    expect(threadOf({ ...profile, nodes: [node(1, "run", [], url)] })).toBe(thread);
  });
});
