/** Segment's limits, kept at this edge. KB = 1,024 bytes, measured after decompression. */
export const maxEventBytes = 32_768;
export const maxBatchBytes = 512_000;
export const maxBatchEvents = 2_500;
/** RudderStack's limit for a whole request, for requests that bear its marks. */
export const maxRudderBytes = 4_096_000;
/** Of a batch's own `context` and `integrations`, counted once for each item that they are merged into. */
export const maxMergedBytes = 8_388_608;
/** Names of events, pages and screens, in UTF-16 units: a name stands in the record twice. */
export const maxNameChars = 1_024;

/** Brackets in brackets, counted before the parser sees them; one call may have `maxDepth`, and is refused alone. */
export const maxBodyDepth = 1_000;

/** Of request bodies that are being received, all connections together. Past it senders are told to come back. */
export const maxBufferedBytes = 134_217_728;
/** What is read and thrown away of a body that is refused, so that its sender gets the answer and not a hang-up. */
export const maxDrainBytes = 67_108_864;
export const maxDrainMs = 10_000;

/** Durable and not yet decided; past it senders are told to wait. */
export const maxPendingRecords = 1_000_000;
export const retryAfterSeconds = 2;
