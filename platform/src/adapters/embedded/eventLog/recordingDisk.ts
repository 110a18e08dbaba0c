import { nodeDisk } from "./disk.ts";
import type { LogDisk } from "./disk.ts";

/** The real disk for tests that look at the order of things: `done` tells what was asked of it, one word each. */
export function recordingDisk(): { disk: LogDisk; done: string[] } {
  const done: string[] = [];
  const disk: LogDisk = {
    ...nodeDisk,
    write(fd, bytes, at) {
      done.push(`write ${at}-${at + bytes.length}`);
      return nodeDisk.write(fd, bytes, at);
    },
    sync(fd) {
      done.push("sync");
      return nodeDisk.sync(fd);
    },
    rename(from, to) {
      done.push("rename");
      return nodeDisk.rename(from, to);
    },
    syncDirectory(path) {
      done.push("syncDirectory");
      return nodeDisk.syncDirectory(path);
    },
  };
  return { disk, done };
}
