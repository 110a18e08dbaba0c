import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { openSearchIndex, type SearchIndex } from "../../platform/src/adapters/embedded/search/searchIndex.ts";
import { diskUse } from "../../platform/src/adapters/embedded/diskUse.ts";
import { latencyHistogram } from "./latencyHistogram.ts";
import { quantiles } from "./loadPhases.ts";
import type { Quantiles, SearchFigures } from "./measurements.ts";
import { entryAt, personAt } from "./people.ts";
import { drawsAt, type Draws } from "./seededDraws.ts";

const entriesPerTransaction = 1_000;
const warmUpQueries = 200;
const pageSize = 20;

/**
 * Builds an index of that many people, then asks for random ones of them as people do. In this process, without HTTP:
 * what is measured is the index.
 */
export async function measureSearch(parts: {
  profiles: number;
  seed: number;
  queries: number;
  directory: string;
  say: (line: string) => void;
}): Promise<SearchFigures> {
  const { profiles, seed, queries, directory, say } = parts;
  mkdirSync(directory, { recursive: true });
  const index = openSearchIndex(join(directory, "search.sqlite"));
  try {
    const buildPerS = build(index, profiles, seed, say);
    const { entries } = await diskUse(directory);
    const indexBytes = [...entries.values()].reduce((sum, bytes) => sum + bytes, 0);
    const kinds = Object.entries(questions);
    const ms: Record<string, Quantiles> = {};
    let found = 0;
    let asked = 0;
    for (const [kind, ask] of kinds) {
      const latencies = latencyHistogram();
      for (let at = -warmUpQueries; at < queries; at++) {
        const draws = drawsAt(seed + 7, at + warmUpQueries);
        const { q, id } = ask(draws, seed, draws.below(profiles));
        const askedAt = performance.now();
        const answer = index.find({ q, limit: pageSize });
        if (at < 0) continue;
        latencies.recordMs(performance.now() - askedAt);
        asked++;
        if (
          answer.total.exact &&
          answer.total.value <= pageSize &&
          !answer.items.some(({ entry }) => entry.id === id)
        ) {
          throw new Error(`a ${kind} question did not find whom it asked for`);
        }
        if (answer.items.length > 0) found++;
      }
      ms[kind] = quantiles(latencies.pack());
      say(`search, ${kind}: ${ms[kind].p50} ms (p50), ${ms[kind].p99} ms (p99)`);
    }
    return {
      buildPerS,
      bytesPerProfile: indexBytes / profiles,
      foundShare: found / asked,
      ms,
      touchUs: touch(index, profiles),
    };
  } finally {
    index.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

function build(index: SearchIndex, profiles: number, seed: number, say: (line: string) => void): number {
  let ms = 0;
  for (let from = 0; from < profiles; from += entriesPerTransaction) {
    const entries = Array.from({ length: Math.min(entriesPerTransaction, profiles - from) }, (_, at) =>
      entryAt(seed, from + at),
    );
    const startedAt = performance.now();
    index.write((writer) => entries.forEach((entry) => writer.put(entry)));
    ms += performance.now() - startedAt;
    if ((from / entriesPerTransaction) % 200 === 199) say(`${from + entriesPerTransaction} profiles indexed`);
  }
  return (profiles * 1_000) / ms;
}

/** µs to note that a profile was seen again, which is what most events amount to. */
function touch(index: SearchIndex, profiles: number): number {
  const draws = drawsAt(99, 1);
  const count = Math.min(profiles, 20_000);
  const picked = Array.from({ length: count }, () => entryAt(1, draws.below(profiles)));
  const startedAt = performance.now();
  for (let from = 0; from < count; from += entriesPerTransaction) {
    index.write((writer) => {
      for (const { id, sources, recordCount, firstSeenAt, lastSeenAt } of picked.slice(
        from,
        from + entriesPerTransaction,
      )) {
        writer.touch(id, { lastSeenAt: lastSeenAt + 400 * 86_400_000, sources, recordCount, firstSeenAt });
      }
    });
  }
  return ((performance.now() - startedAt) * 1_000) / count;
}

type Ask = (draws: Draws, seed: number, index: number) => { q: string; id: string };

const idOf = (index: number): string => `p_${String(index).padStart(16, "0")}`;

/** Each question is about a random person, whom an answer that is short enough must hold. */
export const questions: Readonly<Record<string, Ask>> = {
  "exact name": (_draws, seed, index) => {
    const { first, last } = personAt(seed, index);
    return { q: `${first} ${last}`, id: idOf(index) };
  },
  identifier: (draws, seed, index) => {
    const { email, phone, crmId } = personAt(seed, index);
    return { q: [email, phone, crmId][draws.below(3)] as string, id: idOf(index) };
  },
  prefix: (draws, seed, index) => {
    const { first, last } = personAt(seed, index);
    const begun = last.slice(0, 1 + draws.below(4));
    return { q: draws.below(2) === 0 ? begun : `${first} ${begun}`, id: idOf(index) };
  },
  typo: (draws, seed, index) => {
    const { first, last } = personAt(seed, index);
    return { q: `${misspelt(first, draws)} ${misspelt(last, draws)}`, id: idOf(index) };
  },
  "typo, one word": (draws, seed, index) => ({ q: misspelt(personAt(seed, index).last, draws), id: idOf(index) }),
};

/** One edit in a word that is long enough to have one forgiven. */
export function misspelt(word: string, draws: Draws): string {
  if (word.length < 5) return word;
  const at = 1 + draws.below(word.length - 2);
  const [before, after] = [word.slice(0, at), word.slice(at)];
  const edits = [`${before}${after.slice(1)}`, `${before}x${after}`, `${before}x${after.slice(1)}`];
  const exchanged = `${before}${after.slice(1, 2)}${after.slice(0, 1)}${after.slice(2)}`;
  return [...edits, exchanged][draws.below(4)] as string;
}
