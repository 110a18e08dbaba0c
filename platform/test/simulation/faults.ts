/** One fault that somebody could make in the platform, and what of it the simulation has to notice. */
export interface Fault {
  name: string;
  /** Below `platform/src`. */
  file: string;
  /** Stands there exactly once. */
  from: string;
  to: string;
  /** An operation: seeds under which it goes wrong often come upon the fault sooner. */
  where?: string;
  /** It takes a hundred schedules and more: looked for in the long mode only. */
  isRare?: boolean;
  /** Any of these rules breaks. */
  breaks: readonly string[];
}

const kept = "acknowledged means durable";
const fates = "every record has one fate";
const once = "nothing counts twice";
const money = "money counts once";
const goesOn = "a process goes on";
const rest = "everything is done in the end";
const fold = "state is a fold of the log";
const counted = "what waits is counted";
const followers = "followers equal state";

export const faults: readonly Fault[] = [
  {
    name: "acknowledged before it is durable",
    file: "adapters/embedded/eventLog/disk.ts",
    from: "  await disk.write(fd, bytes, at);\n  await disk.sync(fd);\n",
    to: "  await disk.write(fd, bytes, at);\n",
    breaks: [kept],
  },
  {
    name: "the last group is lost with a torn tail",
    file: "adapters/embedded/eventLog/recovery.ts",
    from: "await disk.truncate(path, scan.recordsEnd);",
    to: "await disk.truncate(path, scan.lastGroup); scan.recordsEnd = scan.lastGroup;",
    where: "the log syncs",
    breaks: [kept, "the log only grows", goesOn],
  },
  {
    name: "what a failed sync left is not written once more",
    file: "adapters/embedded/eventLog/recovery.ts",
    from: "await rewrite(disk, path, (write) => copyAgain(segment.sequential, scan.lastGroup, scan.recordsEnd, write));",
    to: "await rewrite(disk, path, async () => undefined);",
    where: "the log syncs",
    breaks: [kept, "the log only grows", goesOn],
  },
  {
    name: "the position is committed apart from the state",
    file: "adapters/embedded/state/writeDecision.ts",
    from: "    writePeople(statements, hash, decision);\n    writeFates",
    to: '    database.exec("COMMIT"); database.exec("BEGIN IMMEDIATE");\n    writePeople(statements, hash, decision);\n    writeFates',
    where: "a decision",
    breaks: [fates, once, money],
  },
  {
    name: "what was decided is forgotten at a start",
    file: "adapters/embedded/messages/messageIndex.ts",
    from: "  await rebuildRecent(state, options);",
    to: "",
    breaks: [fates, once],
  },
  {
    name: "a commit that failed is taken for done",
    file: "ingestion/loop.ts",
    from: "if (now === next) return true;",
    to: "return true;",
    where: "a decision",
    breaks: [fates, rest, fold, counted],
  },
  {
    name: "a commit whose answer was lost is done again",
    file: "ingestion/loop.ts",
    from: "isDecided ||= await stands(next);",
    to: "isDecided ||= (await stands(next)) === null ? null : false;",
    where: "a decision",
    breaks: [fates, once, rest],
  },
  {
    name: "rows that were read before a failed commit are taken for current",
    file: "adapters/embedded/state/stateStore.ts",
    from: "        recent.forget();\n        rejections.forget();",
    to: "        rejections.forget();",
    where: "a decision",
    isRare: true,
    breaks: [once, fold],
  },
  {
    name: "a refused call claims its id at a start",
    file: "adapters/embedded/decided.ts",
    from: "[...statements.duplicates.all(from, until), ...statements.rejected.all(from, until)]",
    to: "[...statements.duplicates.all(from, until)]",
    breaks: [fates, once],
  },
  {
    name: "a follower's progress goes before what it follows",
    file: "adapters/embedded/search/follow.ts",
    from: "    const { changed, active } = named(changes);\n",
    to: "    const { changed, active } = named(changes);\n    index.write(() => undefined, { followed: next.progress, asOf: 0 });\n",
    where: "search",
    breaks: [followers],
  },
  {
    name: "a follower that is too far behind goes on all the same",
    file: "storage/followFeed.ts",
    from: "at.feed !== feed || at.version < prunedUntil || at.version > head",
    to: "at.feed !== feed || at.version > head",
    breaks: [followers],
  },
  {
    name: "what waits does not count against what may wait",
    file: "gateway/admission.ts",
    from: "const taken = (): number => backlog.pending() + underWay.total();",
    to: "const taken = (): number => underWay.total();",
    breaks: ["overload is told"],
  },
  {
    name: "what was left undecided does not count as waiting",
    file: "runtime/backlog.ts",
    from: "      waiting.add(source, left);",
    to: '      if (source !== "") waiting.add(source, left);',
    breaks: [counted],
  },
];
