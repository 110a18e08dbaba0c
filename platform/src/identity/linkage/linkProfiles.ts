import type { LinkageDatabase } from "../../storage/linkageDatabase.ts";
import { linkRecords, type Linked, type LinkStage } from "./link.ts";
import type { LinkageModel } from "./model.ts";
import { profileColumns, profileDayFirst, profileFields } from "./profileRecord.ts";
import { loadScores } from "./results.ts";
import { type Waterfall, waterfallOf } from "./score.ts";
import * as sql from "./sql/profileSql.ts";

/** A profile as an index keeps it: normalised. */
export interface NormalisedProfile {
  id: string;
  /** One for each of the profile's fields. */
  values: readonly (string | null)[];
}

export interface LinkedProfiles extends Linked {
  /** Pairs at least so probable, the most probable first. */
  found(leastProbability: number): AsyncGenerator<FoundPair>;
}

export interface FoundPair extends Waterfall {
  /** The lesser of the two by code units. */
  a: string;
  b: string;
  /** Whether all pairs around agree: what `c360 link` puts into one cluster. */
  isCluster: boolean;
}

/**
 * Links profiles as a file of them would be linked. They are taken in the order of their ids, which says nothing, so
 * that nothing depends on when they came. Each page is let go before the next is asked for.
 */
export async function linkProfiles(
  database: LinkageDatabase,
  pages: Iterable<readonly NormalisedProfile[]> | AsyncIterable<readonly NormalisedProfile[]>,
  options: { model?: LinkageModel; onProgress?: (stage: LinkStage, part: number) => void } = {},
): Promise<LinkedProfiles> {
  const names = profileFields.map(({ name }) => name);
  await database.run(sql.loadedSql(names));
  options.onProgress?.("reading", 0);
  for await (const page of pages) {
    const values = names.map((_, column) => page.map((profile) => profile.values[column] ?? null));
    await database.appendTexts("loaded", [page.map(({ id }) => id), ...values]);
  }
  options.onProgress?.("normalising", 0);
  await database.run(sql.normalisedSql(names));
  await database.run("DROP TABLE loaded");
  const tables = {
    inputs: [],
    columns: [profileColumns.map((column) => ({ ...column }))],
    fields: [...profileFields],
    dayFirst: new Set(profileDayFirst),
  };
  const linked = await linkRecords(database, tables, options);
  await loadScores(database, linked);
  const rid = Float64Array.from({ length: linked.clusters.length }, (_, at) => at);
  await database.load("clusters", { rid, cluster: linked.clusters });
  return { ...linked, found: (leastProbability) => foundPairs(database, linked, leastProbability) };
}

async function* foundPairs(
  database: LinkageDatabase,
  { patterns, comparisons, estimate, totalPairs }: Linked,
  leastProbability: number,
): AsyncGenerator<FoundPair> {
  const known = new Map<number, Waterfall>();
  for await (const rows of database.stream(sql.foundSql(leastProbability))) {
    for (const [a, b, cell, isCluster] of rows) {
      const number = Number(cell);
      const at = number * patterns.comparisons;
      const outcomes = patterns.outcomes.subarray(at, at + patterns.comparisons);
      const waterfall = known.get(number) ?? waterfallOf(outcomes, comparisons, estimate, totalPairs);
      known.set(number, waterfall);
      yield { a: String(a), b: String(b), isCluster: Number(isCluster) === 1, ...waterfall };
    }
  }
}
