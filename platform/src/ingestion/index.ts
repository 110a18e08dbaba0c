export { createIngestionLoop } from "./loop.ts";
export type { BatchOutcome } from "./pipeline.ts";
export { fateReader, type Fate } from "./fates.ts";
export { pendingMessages, type PendingMessages } from "./pendingMessages.ts";
export { rejectionReader, type KeptCall } from "./rejections.ts";
export { recordsAt } from "./recordsAt.ts";
export { rulesEffect } from "./regroup/effect.ts";
