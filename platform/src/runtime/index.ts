import type * as backup from "./backup.ts";
import type * as doctor from "./doctor.ts";
import type * as embedded from "./embedded.ts";
import type * as rebuild from "./rebuild.ts";
import type * as restore from "./restore.ts";
import type * as serve from "./serve.ts";

/**
 * What the command line needs of the runtime. Each loads what it is made of when it is called: a verb calls one of them,
 * and all of them together are most of the platform.
 */
export const openPlatform: typeof embedded.openPlatform = async (...given) =>
  (await import("./embedded.ts")).openPlatform(...given);

export const servePlatform: typeof serve.servePlatform = async (...given) =>
  (await import("./serve.ts")).servePlatform(...given);

export const rebuildPlatform: typeof rebuild.rebuildPlatform = async (...given) =>
  (await import("./rebuild.ts")).rebuildPlatform(...given);

export const backUpDirectory: typeof backup.backUpDirectory = async (...given) =>
  (await import("./backup.ts")).backUpDirectory(...given);

export const checkBackup: typeof backup.checkBackup = async (...given) =>
  (await import("./backup.ts")).checkBackup(...given);

export const restorePlatform: typeof restore.restorePlatform = async (...given) =>
  (await import("./restore.ts")).restorePlatform(...given);

export const examineDirectory: typeof doctor.examineDirectory = async (...given) =>
  (await import("./doctor.ts")).examineDirectory(...given);
