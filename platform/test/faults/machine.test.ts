import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { leftBetween, machineTimes } from "./machine.ts";

const tickMs = 10;

function computed(ms: number): string {
  // Looked at now and then: asking the system how long it took is what would take long.
  return `const used = () => { const { user, system } = process.cpuUsage(); return user + system; };
    const end = used() + ${ms * 1_000}; while (used() < end) for (let n = 0; n < 1e6; n++);`;
}

describe("the part of a machine that others leave", () => {
  it("is all of it while only we compute, however much", () => {
    const before = { all: 1_000, busy: 500, ours: 100 };
    expect(leftBetween(before, { all: 1_200, busy: 700, ours: 300 })).toBe(1);
    expect(leftBetween(before, { all: 1_200, busy: 650, ours: 150 })).toBe(0.5);
    expect(leftBetween(before, before)).toBe(1);
  });

  it("counts what we have started as ours, running and ended", async (context) => {
    const before = machineTimes();
    if (before === null) return context.skip("no /proc here");
    spawnSync(process.execPath, ["-e", computed(300)]);
    const ended = (machineTimes()?.ours ?? 0) - before.ours;
    expect(ended * tickMs).toBeGreaterThan(200);
    const child = spawn(process.execPath, ["-e", `${computed(300)} console.log("x"); setInterval(() => {}, 1_000);`]);
    await once(child.stdout, "data");
    const both = (machineTimes()?.ours ?? 0) - before.ours;
    child.kill();
    expect((both - ended) * tickMs).toBeGreaterThan(200);
  });
});
