export { backUpDirectory, checkBackup } from "./backup.ts";
export { examineDirectory } from "./doctor.ts";
export { openPlatform, type OpenOptions, type Platform } from "./embedded.ts";
export { servePlatform, type ServedPlatform } from "./serve.ts";
export { rebuildPlatform, type Rebuilt, type RebuildOptions } from "./rebuild.ts";
export { restorePlatform } from "./restore.ts";
