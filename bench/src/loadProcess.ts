import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { LoadJob, LoadResult } from "./loadJob.ts";

/** Runs the job in a process of its own. Rejects with what the server or the process said when it fails. */
export function runLoad(job: LoadJob): Promise<LoadResult> {
  const child = fork(fileURLToPath(new URL("./load.ts", import.meta.url)), {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  return new Promise((resolve, reject) => {
    child.once("message", (answer: { result: LoadResult } | { failed: string }) => {
      if ("result" in answer) resolve(answer.result);
      else reject(new Error(`load: ${answer.failed}`));
    });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the load process ended with ${code} before it answered`)));
    child.send(job);
  });
}
