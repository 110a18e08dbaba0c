import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { FakeAnswers, FakeRequest, FakeThreadData } from "./ownedThread.fake.ts";
import { ownedThread } from "./ownedThread.ts";

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

const any = { maxWaiting: 10, counts: () => true };

function fake(slowMs: number) {
  const directory = mkdtempSync(join(tmpdir(), "c360-thread-"));
  directories.push(directory);
  const marks = join(directory, "marks");
  const thread = ownedThread<FakeAnswers, FakeRequest>({
    entry: new URL("./ownedThread.fake.ts", import.meta.url),
    name: "fake",
    workerData: { marks, slowMs } satisfies FakeThreadData,
    maxYoungGenerationMb: 16,
    retryAfterSeconds: 3,
    onTrouble: undefined,
    onFollowed: undefined,
  });
  const ask = (kind: "die" | "answer") => thread.ask(kind, (id) => ({ kind, id }), any);
  const close = () => thread.close((id) => ({ kind: "close", id }));
  return { thread, ask, close, told: () => readFileSync(marks, "utf8").trim().split("\n") };
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + 20_000;
  while (!(await condition())) {
    if (performance.now() > giveUpAt) throw new Error("did not happen in time");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("a thread that owns a file", () => {
  test("that dies is started again, and what it was asked is told to come back", async () => {
    const { thread, ask, close } = fake(0);
    await thread.start();
    expect(await ask("answer")).toBe(42);
    const unavailable = { name: "Problem", status: 503, code: "fake_busy", retryAfterSeconds: 3 };
    await expect(ask("die")).rejects.toMatchObject(unavailable);
    await expect(ask("answer")).rejects.toMatchObject(unavailable);
    let answer: number | null = null;
    await until(async () => {
      answer = await ask("answer").catch(() => null);
      return answer !== null;
    });
    expect(answer).toBe(42);
    await close();
  });

  test("is gone after its closing, also where it was just being started again", async () => {
    const { thread, ask, close, told } = fake(300);
    await thread.start();
    await ask("die").catch(() => undefined);
    await until(() => told().length === 2);
    await close();
    expect(told()).toEqual(["opening", "opening", "closed"]);
    await expect(ask("answer")).rejects.toMatchObject({ status: 503 });
  });
});
