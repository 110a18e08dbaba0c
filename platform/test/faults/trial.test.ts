import { expect, test } from "vitest";
import type { Ended, Served } from "../whole/server.ts";
import { expectTold } from "./trial.ts";

function endedBy(part: Partial<Ended>): Served {
  const unused = (): never => {
    throw new Error("it has ended");
  };
  const ended = Promise.resolve({ code: 1, signal: null, stdout: "", stderr: "", ...part });
  return {
    pid: 1,
    stdout: unused,
    stderr: unused,
    hasEnded: () => true,
    ended,
    ready: unused,
    kill: unused,
    stop: unused,
  };
}

test.each<[string, Partial<Ended>, RegExp]>([
  ["silence", {}, /without a reason/],
  ["chatter alone", { stderr: '{"level":30,"msg":"request"}\n{"level":40,"msg":"retrying"}\n' }, /without a reason/],
  ["a native crash", { code: null, signal: "SIGABRT", stderr: "terminate called" }, /ended by SIGABRT/],
  ["somebody's kill", { code: null, signal: "SIGKILL" }, /ended by SIGKILL/],
  ["success", { code: 0, stderr: "error: no room\n" }, /called it a success/],
  ["a stack", { stderr: "error: x\n    at run (/srv/platform/src/a.ts:1:1)\n" }, /stack trace/],
])("%s is no word for an end", async (_, ended, why) => {
  await expect(expectTold(endedBy(ended))).rejects.toThrow(why);
});

test.each([
  '{"level":30,"msg":"request"}\nerror: There is no room left\nhint: Make room\n',
  '{"level":60,"error":"Problem","msg":"ingestion stopped; exiting"}\n',
])("a reason is: %j", async (stderr) => {
  await expect(expectTold(endedBy({ stderr }))).resolves.toBeUndefined();
});
