import type { EmbeddedAnalytics } from "../adapters/embedded/analytics/client.ts";
import type { EmbeddedArchiving } from "../adapters/embedded/archiving/client.ts";
import type { LakeFigures } from "../adapters/embedded/analytics/lake.ts";
import type { LogTiers } from "../adapters/embedded/eventLog/archiver.ts";
import { knownInTime } from "../api/knownInTime.ts";
import type { TierView } from "../api/operations.ts";

const million = 1_000_000;
/** Of fewer, what a file has besides them counts. */
const leastRecords = 10_000;

export interface Tiers {
  tiers: TierView[];
  /** UTC ms: nothing older is kept; null where there is nothing yet, or that is not known. */
  oldestAt: number | null;
}

/**
 * How events are kept as they get older: log, archive, lake. A part that does not answer in time is told as it was the
 * last time that it did; one that never did is left out.
 */
export function storedTiers(parts: {
  archiving?: Pick<EmbeddedArchiving, "tiers">;
  analytics?: Pick<EmbeddedAnalytics, "lake">;
}): () => Promise<Tiers> {
  let log: LogTiers | null = null;
  let lake: LakeFigures | null = null;
  return async () => {
    const { archiving, analytics } = parts;
    const [logNow, lakeNow] = await Promise.all([
      archiving === undefined ? null : knownInTime(archiving.tiers()),
      analytics === undefined ? null : knownInTime(analytics.lake()),
    ]);
    log = logNow ?? log;
    lake = lakeNow ?? lake;
    const tiers: TierView[] = [];
    if (log !== null) tiers.push(tierView("log", log.plain), tierView("archive", log.archived));
    if (lake !== null) tiers.push(tierView("lake", { ...lake, records: lake.rows }));
    return { tiers, oldestAt: log?.oldestAt ?? null };
  };
}

function tierView(
  name: TierView["name"],
  { files, bytes, records }: { files: number; bytes: number; records: number },
): TierView {
  const bytesPerMillionRecords = records < leastRecords ? null : Math.round((bytes / records) * million);
  return { name, files, bytes, records, bytesPerMillionRecords };
}
