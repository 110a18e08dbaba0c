import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { committed, nodeDisk } from "./disk.ts";
import { threadDisk, type ThreadDisk } from "./threadDisk.ts";

describe("a disk with a thread of its own", () => {
  let directory: string;
  let disk: ThreadDisk;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "c360-thread-disk-"));
    disk = await threadDisk(nodeDisk);
  });
  afterAll(async () => {
    await disk.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  test("has every byte at its place when it answers, of shared memory and of other", async () => {
    const group = fc.record({ bytes: fc.uint8Array({ minLength: 1, maxLength: 5_000 }), isShared: fc.boolean() });
    const file = join(directory, "groups");
    await fc.assert(
      fc.asyncProperty(fc.array(group, { minLength: 1, maxLength: 8 }), async (groups) => {
        const fd = openSync(file, "w+");
        try {
          let at = 0;
          for (const { bytes, isShared } of groups) {
            const given = isShared ? Buffer.from(new SharedArrayBuffer(bytes.length)) : Buffer.alloc(bytes.length);
            given.set(bytes);
            await committed(disk, fd, given, at);
            at += bytes.length;
            expect(readFileSync(file).subarray(-bytes.length)).toEqual(Buffer.from(bytes));
          }
          expect(readFileSync(file)).toEqual(Buffer.concat(groups.map(({ bytes }) => bytes)));
        } finally {
          closeSync(fd);
        }
      }),
      { numRuns: 50 },
    );
  });

  test("tells what the operating system said, with its code, and goes on", async () => {
    const file = join(directory, "read-only");
    closeSync(openSync(file, "w"));
    const fd = openSync(file, "r");
    await expect(committed(disk, fd, Buffer.from("group"), 0)).rejects.toMatchObject({ code: "EBADF" });
    closeSync(fd);
    const writable = openSync(file, "r+");
    await committed(disk, writable, Buffer.from("group"), 3);
    closeSync(writable);
    expect(readFileSync(file, "latin1")).toBe("\0\0\0group");
  });

  test("that has ended takes nothing, and whoever waits hears of it", async () => {
    const deaths: Error[] = [];
    const ending = await threadDisk(nodeDisk, (error) => deaths.push(error));
    const fd = openSync(join(directory, "ending"), "w");
    const waiting = committed(ending, fd, Buffer.alloc(1_000), 0).catch((error: unknown) => error);
    await ending.stop();
    await expect(committed(ending, fd, Buffer.alloc(1), 0)).rejects.toMatchObject({ code: "LOG_THREAD_ENDED" });
    // It was done, or it says that it was not.
    const outcome = await waiting;
    if (outcome !== undefined) expect(outcome).toMatchObject({ code: "LOG_THREAD_ENDED" });
    closeSync(fd);
    expect(deaths, "it was told to end").toEqual([]);
  });
});
