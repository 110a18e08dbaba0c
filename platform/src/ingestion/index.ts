export { createIngestionLoop } from "./loop.ts";
export type { BatchOutcome } from "./pipeline.ts";
export { fateReader, type Fate } from "./fates.ts";
export { pendingMessages, type PendingMessages } from "./pendingMessages.ts";
export { recordsAt } from "./recordsAt.ts";
