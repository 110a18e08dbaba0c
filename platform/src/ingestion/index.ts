export { createIngestionLoop, type IngestionLoop, type LoopParts } from "./loop.ts";
export { createPipeline, type BatchOutcome, type PipelineParts } from "./pipeline.ts";
export { fateReader, type Fate } from "./fates.ts";
