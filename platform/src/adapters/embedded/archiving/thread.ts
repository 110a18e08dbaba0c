import { workerData } from "node:worker_threads";
import { startArchiver } from "../eventLog/archiver.ts";
import { nodeDisk } from "../eventLog/disk.ts";
import { runOwner } from "../ownerThread.ts";
import type { ArchivingThreadSettings, Question } from "./messages.ts";

/** Entry of the worker thread that archives the log's sealed segments, after all others have had the processor. */
await runOwner<Question>("archiving", ({ onTrouble }) => {
  const { logDirectory: directory, limits } = workerData as ArchivingThreadSettings;
  const archiver = startArchiver({ directory, limits, disk: nodeDisk, now: Date.now, onTrouble });
  return {
    answer: async (question) => {
      if (question.kind === "tiers") return archiver.tiers();
      if (question.kind === "wholly") return archiver.wholly(question.before);
      await archiver.removeBefore(question.segment);
      return null;
    },
    advance: archiver.advance,
    close: archiver.close,
  };
});
