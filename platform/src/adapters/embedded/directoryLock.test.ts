import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findServer, lockDirectory } from "./directoryLock.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "c360-lock-"));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

describe("lockDirectory", () => {
  it("refuses a second opener, naming the first", async () => {
    const lock = await lockDirectory(dir, { url: "http://127.0.0.1:3600" });
    const second = lockDirectory(dir);
    await expect(second).rejects.toMatchObject({ status: 409, code: "data_dir_in_use" });
    await expect(second).rejects.toThrow(`process ${process.pid}, which serves at http://127.0.0.1:3600`);
    await lock.release();
    await (await lockDirectory(dir)).release();
  });

  it("still holds after others have looked and failed", async () => {
    const lock = await lockDirectory(dir);
    for (let look = 0; look < 3; look++) {
      expect(findServer(dir)).toEqual({ pid: process.pid, url: null });
      await expect(lockDirectory(dir)).rejects.toThrow("in use");
    }
    await lock.setUrl("http://[::1]:1");
    expect(findServer(dir)).toEqual({ pid: process.pid, url: "http://[::1]:1" });
    await lock.release();
    await lock.release();
    expect(findServer(dir)).toBeNull();
    await expect(lock.setUrl("http://late")).rejects.toThrow("no longer held");
  });

  it("makes a directory that only its owner may read, and leaves nothing lying about", async () => {
    const inner = join(dir, "a", "b");
    const lock = await lockDirectory(inner);
    expect(statSync(inner).mode & 0o777).toBe(0o700);
    expect(statSync(join(inner, "server.json")).mode & 0o777).toBe(0o600);
    await lock.release();
    expect(readdirSync(inner)).toEqual(["lock"]);
  });

  it("uses up what a killed holder left half done", async () => {
    writeFileSync(join(dir, "server.json.new"), "{", { mode: 0o600 });
    await (await lockDirectory(dir)).release();
    expect(readdirSync(dir)).toEqual(["lock"]);
  });

  it("says why a directory cannot be used", async () => {
    writeFileSync(join(dir, "file"), "");
    await expect(lockDirectory(join(dir, "file"))).rejects.toMatchObject({ status: 422, code: "data_dir_unusable" });
    writeFileSync(join(dir, "lock"), "this is no database, and was put here by somebody".repeat(100));
    await expect(lockDirectory(dir)).rejects.toMatchObject({ code: "data_dir_unusable", field: "C360_DATA_DIR" });
  });

  it("does not believe what a dead holder left behind", async () => {
    writeFileSync(join(dir, "server.json"), JSON.stringify({ pid: process.pid, url: "http://127.0.0.1:9" }));
    expect(findServer(dir)).toBeNull();
    const lock = await lockDirectory(dir);
    expect(findServer(dir)?.url).toBeNull();
    writeFileSync(join(dir, "server.json"), "{broken");
    expect(findServer(dir)).toEqual({ pid: 0, url: null });
    await lock.release();
  });

  it("finds nobody where there is no directory, and makes none", () => {
    expect(findServer(join(dir, "none"))).toBeNull();
    expect(readdirSync(dir)).toEqual([]);
  });
});
