import { segmentOf } from "../../../model/position.ts";
import { Problem } from "../../../model/problem.ts";
import { firstSegmentOf, readBase, type Base } from "../base/manifest.ts";
import { baseFault } from "../base/takeBase.ts";
import type { LogFacts } from "./checkLog.ts";
import { fromBackup, type Report } from "./report.ts";

/** The base is what was made, and the log begins where it says: before that there is nothing to fold, and no gap. */
export async function checkBase(directory: string, log: LogFacts, report: Report): Promise<void> {
  const hurt = (where: string, what: string): void => {
    const todo = `while the state is well, make a copy of it: rm -r base/*, and start the platform; or: ${fromBackup}`;
    report.find("data", { where, what, todo });
  };
  let base: Base | null;
  try {
    base = readBase(directory);
  } catch (error) {
    hurt("base", error instanceof Problem ? error.message : "it cannot be read");
    return report.checked("what it says cannot be read");
  }
  if (log.counts.size > 0) checkBeginning(base, segmentOf(log.first), report);
  if (base === null) return report.checked("there is none: the log has its beginning");
  const fault = await baseFault(directory, base);
  if (fault !== null) hurt(`base/${base.file}`, fault);
  if (log.end < base.position && segmentOf(log.end) + 1 < segmentOf(base.position)) {
    const what = `it ends before position ${base.position}, which the base has decided`;
    report.find("data", { where: "log", what, todo: fromBackup });
  }
  report.checked(`the state as of position ${base.position}; records are kept from ${base.keptFrom} on`);
}

function checkBeginning(base: Base | null, first: number, report: Report): void {
  const wanted = firstSegmentOf(base);
  if (first > wanted) {
    const what = `it begins with segment ${first}; those from ${wanted} on are missing, and nothing has what was in them`;
    report.find("data", { where: "log", what, todo: fromBackup });
  } else if (first < wanted) {
    report.find("harmless", {
      where: "log",
      what: `the segments before ${wanted} are to be deleted, which ended early`,
      todo: "nothing: the next start goes on with it",
    });
  }
}
