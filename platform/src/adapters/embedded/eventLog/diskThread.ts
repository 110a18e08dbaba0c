import { fdatasyncSync, writeSync } from "node:fs";
import { parentPort } from "node:worker_threads";
import type { Commit, Committed } from "./threadDisk.ts";

/** Entry of the worker thread that writes the log's groups and syncs them: whatever the disk does, only it waits. */
const port = parentPort;
if (port === null) throw new Error("this file is a worker thread");

function commit({ fd, bytes, at }: Commit): void {
  for (let written = 0; written < bytes.length;) {
    const more = writeSync(fd, bytes, written, bytes.length - written, at + written);
    if (more === 0) throw new Error("The disk took none of the bytes.");
    written += more;
  }
  fdatasyncSync(fd);
}

port.on("message", (group: Commit) => {
  let error: Committed["error"] = null;
  try {
    commit(group);
  } catch (thrown) {
    const { message, code } = thrown as NodeJS.ErrnoException;
    error = { message, ...(code === undefined ? {} : { code }) };
  }
  port.postMessage({ id: group.id, error } satisfies Committed);
});
