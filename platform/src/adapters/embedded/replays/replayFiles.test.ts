import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { maxKeptReplays, type ReplayJob } from "../../../storage/replays.ts";
import { openReplayFiles } from "./replayFiles.ts";

let directory: string;
let folder: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "c360-replays-"));
  folder = join(directory, "replays");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function job(n: number, more: Partial<ReplayJob> = {}): ReplayJob {
  return {
    id: `rp_${n}`,
    of: { cause: "rc_1", source: "web" },
    transformation: { operations: [] },
    status: "done",
    by: "t1",
    startedAt: n,
    endedAt: n + 1,
    total: 3,
    accepted: 2,
    refused: 1,
    skipped: 0,
    refusals: [{ code: "c", message: "m", count: 1 }],
    cursor: 7,
    until: 9,
    inFlight: [1, 2],
    problem: null,
    ...more,
  };
}

describe("notes of replays", () => {
  it("are there again after a restart, as they were last, for nobody else to read", async () => {
    const first = await openReplayFiles(folder);
    await first.put(job(1));
    await first.put(job(2));
    await first.put(job(1, { accepted: 3, inFlight: [] }));
    const again = await openReplayFiles(folder);
    expect(await again.all()).toEqual([job(2), job(1, { accepted: 3, inFlight: [] })]);
    expect(readdirSync(folder).toSorted()).toEqual(["rp_1.json", "rp_2.json"]);
    if (process.platform !== "win32") expect(statSync(join(folder, "rp_1.json")).mode & 0o777).toBe(0o600);
  });

  it("are kept as many as are worth it; one that runs is never let go", async () => {
    const files = await openReplayFiles(folder);
    await files.put(job(0, { status: "running" }));
    for (let n = 1; n <= maxKeptReplays + 3; n++) await files.put(job(n));
    const kept = await files.all();
    expect(kept).toHaveLength(maxKeptReplays + 1);
    expect(kept.at(-1)).toMatchObject({ id: "rp_0", status: "running" });
    expect(readdirSync(folder)).toHaveLength(kept.length);
  });

  it("what was cut short or is none is passed over; a newer one is refused", async () => {
    const files = await openReplayFiles(folder);
    await files.put(job(1));
    writeFileSync(join(folder, "rp_2.json"), '{"version":1,"id":"rp_2"');
    writeFileSync(join(folder, "rp_3.json"), "[]");
    writeFileSync(join(folder, "rp_1.json.new"), "{");
    expect(await (await openReplayFiles(folder)).all()).toEqual([job(1)]);
    writeFileSync(join(folder, "rp_4.json"), JSON.stringify({ version: 2, ...job(4) }));
    await expect(openReplayFiles(folder)).rejects.toMatchObject({ status: 409, code: "replays_newer" });
  });
});
