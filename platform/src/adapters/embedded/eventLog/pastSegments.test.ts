import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { position } from "../../../model/position.ts";
import { startArchiver, type Archiver } from "./archiver.ts";
import { nodeDisk } from "./disk.ts";
import { openEventLogReader } from "./reader.ts";
import { listSegments } from "./segmentFiles.ts";
import { openEventLog } from "./writer.ts";

const dayMs = 86_400_000;
const start = Date.UTC(2026, 0, 1);
const recordsEach = 4;

let directory: string;
let archiver: Archiver;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "c360-past-"));
});
afterEach(async () => {
  await archiver.close();
  await rm(directory, { recursive: true });
});

/** Four records a segment and one more; `receivedAt` of the nth. */
async function write(segments: number, receivedAt: (n: number) => number): Promise<void> {
  const log = await openEventLog({ directory, segmentBytes: recordsEach * 1_000, now: () => start });
  for (let n = 0; n < (segments - 1) * recordsEach + 1; n += 1) {
    const said = `"messageId":"\\"receivedAt\\":9","receivedAt":${receivedAt(n)},"body":{"receivedAt":99999999999999}`;
    const head = `{"v":1,"status":"accepted",${said}`;
    const payload = Buffer.from(`${head}${" ".repeat(1_000 - head.length)}}`);
    await log.append([{ fragment: "A".repeat(16), message: String(n).padStart(16, "A"), payload }]);
  }
  await log.close();
}

function open(afterMs: number | null = null): void {
  archiver = startArchiver({
    directory,
    limits: { afterMs, beyondBytes: null },
    disk: nodeDisk,
    now: () => start + 100 * dayMs,
    onTrouble: () => undefined,
    idlePollMs: 1,
  });
}

const wholly = async (before: number) => (await archiver.wholly(before)).map(({ segment }) => segment);

describe("the past of a log", () => {
  it("is what was received before, by what its records say, in whole segments without gaps", async () => {
    // A clock that was set back: the third segment has one that says it came later.
    await write(5, (n) => start + (n === 9 ? 50 * dayMs : n * 3_600_000));
    open();
    const at = (n: number): number => start + n * 3_600_000;
    expect(await wholly(start)).toEqual([]);
    expect(await wholly(at(3))).toEqual([]);
    expect(await wholly(at(3) + 1)).toEqual([0]);
    expect(await wholly(at(16))).toEqual([0, 1]);
    expect(await archiver.wholly(start + 51 * dayMs)).toEqual(
      [0, 1, 2, 3].map((segment) => ({ segment, records: recordsEach })),
    );
  });

  it("is removed from the first on, whatever is archived meanwhile", async () => {
    await write(12, () => start);
    open(0);
    const reader = openEventLogReader(directory);
    expect(await reader.at(position(2, 1))).not.toBeNull();
    for (const before of [3, 2, 9]) await archiver.removeBefore(before);
    expect(await listSegments(directory)).toEqual([9, 10, 11]);
    expect(await reader.at(position(2, 1))).toBeNull();
    expect(await reader.at(position(9, 1))).not.toBeNull();
    await expect(reader.read(position(2, 0), position(10, 0), 10, 9_999)).rejects.toThrow(
      expect.objectContaining({ code: "log_segment_missing" }),
    );
    while ((await archiver.tiers()).archived.files < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await readdir(directory)).sort()).toEqual(["0000000009.log", "0000000010.log", "0000000011.log"]);
    await reader.close();
  });
});
