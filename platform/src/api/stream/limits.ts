/** Streams open at a time; each costs a filter's look at every record. */
export const maxSubscribers = 32;
/** Records shown to one subscriber in one second; each may come twice, when accepted and when decided. */
export const maxShownPerSecond = 50;
/** Nothing that was chosen to be shown waits longer for others. */
export const flushMs = 100;
/** Shown as accepted and not yet decided; of more than that, the oldest are not told again. */
export const maxAwaited = 2_000;
/** Decisions told at a time: each is a few look-ups, and everything else waits for them. */
export const maxToldPerFlush = 200;
/** At most `maxAwaited`: each may still wait for its decision. Read again from the log when a subscriber comes back; of a longer absence, only the latest ones. */
export const maxResumedRecords = 2_000;
/** Joins that are remembered for those who come back. */
export const maxJoinsKept = 1_000;
/** Seconds of rates that are remembered. */
export const historySeconds = 300;
/** In one second's rates; the traffic of more sources is in the totals only. */
export const maxSourcesInRates = 200;
/** Of one subscriber, written and not yet taken by the network: past it messages are skipped, and counted. */
export const maxBufferedBytes = 262_144;
/** A subscriber that takes nothing for so long is cut off. */
export const maxStalledMs = 30_000;
export const heartbeatSeconds = 10;
