import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { TestContext } from "vitest";
import { numbered, plain, readAll } from "../../../buffer/numberedRecords.ts";
import type { Position } from "../../../model/position.ts";
import { openEventLogReader } from "./reader.ts";
import { sealedSegmentsOf } from "./sealedSegments.ts";
import { openEventLog } from "./writer.ts";

const segmentBytes = 60_000;
const payloadBytes = 300;

/**
 * Appends from 16 callers, one to five records a call, and prints each number with its position once acknowledged:
 * synchronously, so that the test, on its own side of the pipe, knows of whatever was acknowledged before a kill.
 */
const child = `
import { writeSync } from "node:fs";
const { openEventLog } = await import(process.env.WRITER);
const { numbered } = await import(process.env.RECORDS);
const segmentBytes = Number(process.env.SEGMENT_BYTES);
const log = process.env.WRITES ? await openEventLog({ directory: process.env.LOG, segmentBytes }) : null;
if (process.env.ARCHIVER) {
  const { startArchiver } = await import(process.env.ARCHIVER);
  const { nodeDisk: disk } = await import(process.env.DISK);
  const limits = { afterMs: 0, beyondBytes: null };
  const onTrouble = (message) => writeSync(2, message + "\\n");
  startArchiver({ directory: process.env.LOG, limits, disk, now: Date.now, onTrouble, idlePollMs: 1 });
}
writeSync(1, "open\\n");
let number = Number(process.env.FIRST);
let failed = 0;
async function caller() {
  for (;;) {
    const numbers = Array.from({ length: 1 + (number % 5) }, () => number++);
    try {
      const positions = await log.append(numbers.map((n) => numbered(n, ${payloadBytes})));
      writeSync(1, numbers.map((n, at) => (failed ? "late " : "ok ") + n + " " + positions[at] + "\\n").join(""));
    } catch (error) {
      failed += 1;
      writeSync(1, "refused " + error.code + " " + error.message + "\\n");
      if (failed > 50) return;
    }
  }
}
if (log) await Promise.all(Array.from({ length: 16 }, caller));
// Archiving goes on until it is killed.
if (process.env.ARCHIVER) await new Promise((resolve) => setTimeout(resolve, 60_000));
await log?.close();
`;

let directory: string;
/** What the client's side was told, over all runs of a test. */
let acknowledged: Map<number, Position>;
let nextNumber: number;
/** The child also archives each segment as soon as it is sealed. */
let archives: boolean;
let writes: boolean;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "c360-log-"));
  acknowledged = new Map();
  nextNumber = 0;
  archives = false;
  writes = true;
});
afterEach(() => rm(directory, { recursive: true }));

interface Run {
  readonly refused: string[];
  readonly signal: NodeJS.Signals | null;
  readonly errors: string;
  readonly count: number;
}

/** Runs the child until it ends, or `killAfterMs` after it opened the log; `through` is a command to run it under. */
async function run(through: string[] = [], killAfterMs?: number): Promise<Run> {
  const [command, ...args] = [...through, process.execPath, "--input-type=module", "--eval", child];
  const running = spawn(command, args, {
    env: {
      ...process.env,
      WRITER: new URL("writer.ts", import.meta.url).href,
      WRITES: writes ? "yes" : "",
      DISK: new URL("disk.ts", import.meta.url).href,
      ARCHIVER: archives ? new URL("archiver.ts", import.meta.url).href : "",
      RECORDS: new URL("../../../buffer/numberedRecords.ts", import.meta.url).href,
      LOG: directory,
      SEGMENT_BYTES: String(segmentBytes),
      FIRST: String(nextNumber),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let errors = "";
  let timer: NodeJS.Timeout | undefined;
  running.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  running.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    if (killAfterMs !== undefined) timer ??= setTimeout(() => running.kill("SIGKILL"), killAfterMs);
  });
  const signal = await new Promise<NodeJS.Signals | null>((resolve, reject) => {
    running.on("error", reject);
    running.on("close", (_code, signal) => resolve(signal));
  });
  clearTimeout(timer);
  return { ...take(output), signal, errors };
}

function take(output: string): Pick<Run, "refused" | "count"> {
  const lines = output.slice(0, output.lastIndexOf("\n")).split("\n");
  let count = 0;
  for (const line of lines) {
    const [word, number, position] = line.split(" ");
    expect(word, "acknowledged after a failure").not.toBe("late");
    if (word !== "ok") continue;
    acknowledged.set(Number(number), Number(position));
    count += 1;
  }
  nextNumber += 1_000_000;
  return { count, refused: lines.filter((line) => line.startsWith("refused")) };
}

/** Reopens, and holds the log against the client's own list: nothing lost, changed, moved, doubled or made up. */
async function expectAllThere(what: string): Promise<void> {
  const log = await openEventLog({ directory, segmentBytes });
  const reader = openEventLogReader(directory);
  const seen = new Map<number, Position>();
  for (const record of await readAll(reader, 0, log.end())) {
    const number = Buffer.from(record.payload).readUInt32BE(0);
    expect(seen.has(number), `${what}: record ${number} twice`).toBe(false);
    seen.set(number, record.position);
    if (seen.size % 50 === 0) expect(plain(record)).toEqual(plain(numbered(number, payloadBytes)));
  }
  const lost = [...acknowledged].filter(([number, position]) => seen.get(number) !== position);
  expect(lost, `${what}: acknowledged, but not where it was`).toEqual([]);
  await reader.close();
  await log.close();
}

async function archivedSegments(): Promise<number> {
  return (await sealedSegmentsOf(directory).list()).filter(({ isArchived }) => isArchived).length;
}

/** strace injects the faults; where CI runs it must be there. */
function needsStrace(context: TestContext): void {
  if (spawnSync("strace", ["-V"]).status === 0) return;
  if (process.env.CI === "true") throw new Error("strace is not installed: apt-get install strace");
  context.skip("strace is not installed");
}

function injecting(fault: string): string[] {
  const call = fault.slice(0, fault.indexOf(":"));
  return ["strace", "-f", "-qq", "-o", "/dev/null", "-e", `trace=${call}`, "-e", `inject=${fault}`];
}

describe("Promise 1: acknowledged means durable", () => {
  test("ten kills at random moments lose nothing", async () => {
    let count = 0;
    for (let kill = 1; kill <= 10; kill += 1) {
      const killAfterMs = Math.floor(Math.random() * 250);
      const what = `kill ${kill} after ${killAfterMs} ms`;
      const ran = await run([], killAfterMs);
      expect(ran.signal, `${what}: ${ran.errors}`).toBe("SIGKILL");
      expect(ran.refused.join()).toBe("");
      await expectAllThere(what);
      count += ran.count;
    }
    expect(count).toBeGreaterThan(1_000);
  });

  test.for([1, 2, 3, 5, 8, 30, 100])("a kill at a thread's write %i loses nothing", async (nth, context) => {
    needsStrace(context);
    await run([], 30);
    const ran = await run(injecting(`pwrite64:signal=KILL:when=${nth}`));
    expect(ran.signal, `stderr: ${ran.errors}`).toBe("SIGKILL");
    await expectAllThere(`kill at write ${nth}`);
  });

  test.for([
    ["fdatasync:error=EIO:when=3", /EIO/],
    ["fdatasync:error=EIO:when=40", /EIO/],
    ["pwrite64:error=ENOSPC:when=3", /ENOSPC/],
    ["pwrite64:error=EIO:when=40", /EIO/],
    ["rename:error=EIO:when=2", /EIO/],
    ["fsync:error=EIO:when=2", /EIO/],
  ] as const)(
    "%s: acknowledges nothing after it, loses nothing, and goes on once reopened",
    async ([fault, told], context) => {
      needsStrace(context);
      const ran = await run(injecting(fault));
      expect(ran.refused.length, `stderr: ${ran.errors}`).toBeGreaterThan(50);
      for (const refused of ran.refused) {
        expect(refused).toMatch(/^refused log_failed /);
        expect(refused).toMatch(told);
      }
      await expectAllThere(fault);
      await run([], 30);
      await expectAllThere(`after ${fault}`);
    },
  );

  test("a disk that is full: refused, not lost, and goes on when there is room", async () => {
    const ran = await run(["prlimit", "--fsize=40000"]);
    expect(ran.count).toBeGreaterThan(50);
    expect(ran.refused[0], `stderr: ${ran.errors}`).toMatch(/^refused log_failed .*EFBIG/);
    await expectAllThere("full");
    await run([], 30);
    await expectAllThere("room again");
  });
});

describe("Promise 1: acknowledged stays durable while segments are archived", () => {
  beforeEach(() => {
    archives = true;
  });

  test("fifteen kills at random moments lose nothing, and leave nothing", async () => {
    for (let kill = 1; kill <= 15; kill += 1) {
      const killAfterMs = Math.floor(Math.random() * 400);
      const what = `kill ${kill} after ${killAfterMs} ms`;
      const ran = await run([], killAfterMs);
      expect(ran.signal, `${what}: ${ran.errors}`).toBe("SIGKILL");
      expect(ran.refused.join()).toBe("");
      expect(ran.errors).toBe("");
      await expectAllThere(what);
    }
    expect(await archivedSegments()).toBeGreaterThan(2);
    expect((await readdir(directory)).filter((name) => !/^\d{10}\.log$/.test(name))).toEqual([]);
  });

  test.for([
    ["rename", 3],
    ["rename", 4],
    ["rename", 5],
    ["fsync", 6],
    ["pwrite64", 25],
    ["pwrite64", 90],
    ["fdatasync", 60],
  ] as const)("a kill at %s %i loses nothing", async ([call, nth], context) => {
    needsStrace(context);
    const ran = await run(injecting(`${call}:signal=KILL:when=${nth}`));
    expect(ran.signal, `stderr: ${ran.errors}`).toBe("SIGKILL");
    await expectAllThere(`kill at ${call} ${nth}`);
    await run([], 200);
    await expectAllThere(`after a kill at ${call} ${nth}`);
  });

  test("a disk that takes no more: segments stay as they were, and it is told", async () => {
    archives = false;
    await run([], 300);
    archives = true;
    writes = false;
    // Less than an archive takes.
    const ran = await run(["prlimit", "--fsize=600"], 2_000);
    expect(ran.errors).toMatch(/archiving segment \d+ of the log failed: EFBIG/);
    await expectAllThere("full");
    expect(await archivedSegments()).toBe(0);
    expect(await readdir(directory)).not.toContainEqual(expect.stringMatching(/\.new$/));
    writes = true;
    await run([], 1_500);
    await expectAllThere("room again");
    expect(await archivedSegments()).toBeGreaterThan(0);
  });
});
