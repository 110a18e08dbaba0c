import type { EmbeddedAnalytics } from "../adapters/embedded/analytics/client.ts";
import type { EmbeddedArchiving } from "../adapters/embedded/archiving/client.ts";
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

/** What takes an event's place on the disk as it gets older: log, archive, lake. What is not known now is left out. */
export async function storedTiers(parts: {
  archiving: Pick<EmbeddedArchiving, "tiers"> | undefined;
  analytics: Pick<EmbeddedAnalytics, "lake"> | undefined;
}): Promise<Tiers> {
  const [log, lake] = await Promise.all([
    parts.archiving === undefined ? null : knownInTime(parts.archiving.tiers()),
    parts.analytics === undefined ? null : knownInTime(parts.analytics.lake()),
  ]);
  const tiers: TierView[] = [];
  if (log !== null) tiers.push(tierView("log", log.plain), tierView("archive", log.archived));
  if (lake !== null) tiers.push(tierView("lake", { ...lake, records: lake.rows }));
  return { tiers, oldestAt: log?.oldestAt ?? null };
}

function tierView(
  name: TierView["name"],
  { files, bytes, records }: { files: number; bytes: number; records: number },
): TierView {
  const bytesPerMillionRecords = records < leastRecords ? null : Math.round((bytes / records) * million);
  return { name, files, bytes, records, bytesPerMillionRecords };
}
