import { readdirSync, statfsSync, statSync, type Stats } from "node:fs";
import { join } from "node:path";
import type { Report } from "./report.ts";

/** Less, and the platform may not get through a busy hour. */
export const leastFreeBytes = 512 << 20;
/** For nobody but the owner: customers' data, keys, tokens. */
const othersMayNot = 0o077;
const privateFiles = [
  "hash.key",
  "access.sqlite",
  "state.sqlite",
  "search.sqlite",
  "linkage.sqlite",
  "reviews.sqlite",
  "cli.token",
];
/** What a start set aside: answers and models are in it, so that it is not just left over. */
const reviewsAside = /^reviews\.sqlite(\.\d+)?\.damaged$/;
const leftOver = /(\.tmp|\.new|\.damaged)$|^rebuilding$|^examining$|^linking$|^server\.json\..+$|\.log\.new$/;
const checkedFolders = ["", "log", "base", "messages/filters", "replays"];

/** Who may read what, room on the disk, and what something that ended early left behind. */
export function checkFiles(
  dataDir: string,
  { isServed, freeBytes = freeBytesOf(dataDir) }: { isServed: boolean; freeBytes?: number | null },
  report: Report,
): void {
  if (process.platform !== "win32") checkModes(dataDir, report);
  if (freeBytes !== null && freeBytes < leastFreeBytes) {
    report.find("data", {
      where: ".",
      what: `its disk has ${Math.floor(freeBytes / 1_048_576)} MiB left; once it is full, no event is taken any more`,
      todo: "make room, or move the directory to a larger disk while the platform is stopped",
    });
  }
  // What a running platform is just making has such a name, too.
  if (!isServed) checkLeftOver(dataDir, report);
  const free = freeBytes === null ? "" : `; ${Math.floor(freeBytes / 1_048_576)} MiB are free`;
  report.checked(`permissions, what was left behind, room on the disk${free}`);
}

function checkModes(dataDir: string, report: Report): void {
  const segments = namesIn(join(dataDir, "log"))
    .filter((name) => name.endsWith(".log"))
    .map((name) => `log/${name}`);
  for (const path of [".", ...privateFiles, ...segments]) {
    const stats = statOf(join(dataDir, path));
    if (stats === null || (stats.mode & othersMayNot) === 0) continue;
    const mode = (stats.mode & 0o777).toString(8);
    const mended = path === "." ? `chmod 700 ${dataDir}` : `chmod 600 ${join(dataDir, path)}`;
    report.find("data", {
      where: path,
      what: `others than its owner may use it (mode ${mode}): it holds customers' data or secrets`,
      todo: mended,
    });
  }
}

function checkLeftOver(dataDir: string, report: Report): void {
  for (const folder of checkedFolders) {
    for (const name of namesIn(join(dataDir, folder))) {
      if (!leftOver.test(name)) continue;
      const where = folder === "" ? name : `${folder}/${name}`;
      if (reviewsAside.test(where)) {
        report.find("data", { where, what: "a start found it damaged and set it aside", todo: reviewsTodo(where) });
        continue;
      }
      const what = "something that ended early left it behind; nothing reads it";
      report.find("harmless", { where, what, todo: `rm -r ${join(dataDir, where)}` });
    }
  }
}

function reviewsTodo(where: string): string {
  return `stop the platform and copy reviews.sqlite from a backup, or let it go (the queue has begun anew): rm ${where}*`;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function statOf(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}

/** Bytes that this user may still write; null where that cannot be known. */
function freeBytesOf(path: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  } catch {
    return null;
  }
}
