import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findServer, lockDirectory } from "./directoryLock.ts";

const lockModule = new URL("./directoryLock.ts", import.meta.url).href;
let dir: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "c360-lock-"));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(dir, { recursive: true, force: true });
});

/** A process that takes the lock and keeps it; its first line is `held` or the refusal's code. */
async function holder(): Promise<{ child: ChildProcess; said: string }> {
  const script = `
    const { lockDirectory } = await import(${JSON.stringify(lockModule)});
    try {
      await lockDirectory(${JSON.stringify(dir)}, { url: "http://127.0.0.1:1" });
      console.log("held");
      setInterval(() => {}, 1000);
    } catch (error) { console.log(error.code); }`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  const [said] = (await once(child.stdout, "data")) as [Buffer];
  return { child, said: said.toString().trim() };
}

describe("the directory's lock between processes", () => {
  it("lets one process in and refuses the others", async () => {
    const first = await holder();
    expect(first.said).toBe("held");
    expect((await holder()).said).toBe("data_dir_in_use");
    await expect(lockDirectory(dir)).rejects.toMatchObject({ code: "data_dir_in_use" });
    expect(findServer(dir)).toEqual({ pid: first.child.pid, url: "http://127.0.0.1:1" });
  });

  it("is free at once after kill -9, every time", async () => {
    for (let round = 0; round < 3; round++) {
      const { child, said } = await holder();
      expect(said).toBe("held");
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
      expect(findServer(dir)).toBeNull();
    }
    const lock = await lockDirectory(dir);
    expect(findServer(dir)).toEqual({ pid: process.pid, url: null });
    await lock.release();
  });

  it("is held by exactly one of many that start at once", async () => {
    const all = await Promise.all(Array.from({ length: 5 }, () => holder()));
    expect(all.map(({ said }) => said).sort()).toEqual([...Array.from({ length: 4 }, () => "data_dir_in_use"), "held"]);
  });

  it("is held while its process is stopped", async () => {
    const { child } = await holder();
    child.kill("SIGSTOP");
    await expect(lockDirectory(dir)).rejects.toMatchObject({ code: "data_dir_in_use" });
    child.kill("SIGCONT");
  });
});
