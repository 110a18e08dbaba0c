import { DatabaseSync } from "node:sqlite";
import { defaultIdentityRules, type IdentityRules } from "../../platform/src/identity/index.ts";
import { compareIdentifiers } from "../../platform/src/identity/rules.ts";
import { keyedHash } from "../../platform/src/model/keyedHash.ts";
import { dataPaths, hashKeyOf } from "../../platform/src/runtime/dataDirectory.ts";
import { foldedWith } from "../../platform/src/runtime/foldedWith.ts";
import { openFolding, type FoldingBench } from "./foldingBench.ts";

export interface EvidenceComponents {
  components: number;
  /** Identifiers that evidence connects, refused evidence too. */
  identifiers: { p50: number; p99: number; max: number };
  /** Milliseconds until an event is decided that comes late and whose evidence goes before all other. */
  lateEdgeMs: LateEdge[];
}

interface LateEdge {
  identifiers: number;
  p50: number;
  p99: number;
}

const turns = 1_000;
const warmUp = 20;
/** Before anything that the retailer sent; each turn's is a second earlier than the one before. */
const beforeAll = Date.UTC(2001, 0, 1);

/**
 * Of a stopped platform's state: how large its evidence components are, and what a late edge that is first in the order
 * of all costs in the largest, in one of the p99's size, and in one of the median's. The state is written to.
 */
export async function evidenceComponents(dataDir: string, homeCurrency: string): Promise<EvidenceComponents> {
  const paths = dataPaths(dataDir);
  const reader = new DatabaseSync(paths.state, { readOnly: true });
  const { sizes, keysOf } = sizesIn(reader);
  const at = (share: number): number => Math.min(sizes.length - 1, Math.floor(share * sizes.length));
  const chosen = [at(0.5), at(0.99), sizes.length - 1].map((index) => sizes[index] ?? { component: 0, identifiers: 0 });
  const pairs = chosen.map(({ component, identifiers }) => ({
    identifiers,
    pair: surestTwo(keysOf(component), defaultIdentityRules),
  }));
  reader.close();
  const [p50 = 0, p99 = 0, max = 0] = chosen.map(({ identifiers }) => identifiers);
  const hash = keyedHash(await hashKeyOf(paths));
  const folding = await openFolding(paths.state, hash, defaultIdentityRules, foldedWith(homeCurrency));
  try {
    const lateEdgeMs: LateEdge[] = [];
    for (const { identifiers, pair } of pairs) {
      if (pair.length === 2) lateEdgeMs.push({ identifiers, ...(await lateEdges(folding, pair)) });
    }
    return { components: sizes.length, identifiers: { p50, p99, max }, lateEdgeMs };
  } finally {
    await folding.close();
  }
}

/** Ascending by size. */
function sizesIn(reader: DatabaseSync): {
  sizes: { component: number; identifiers: number }[];
  keysOf: (component: number) => string[];
} {
  const rows = reader
    .prepare(
      `SELECT p.component, count(*) AS identifiers FROM identifiers i JOIN persons p USING (person)
        WHERE i.decision = 'ordinary' GROUP BY p.component ORDER BY identifiers, p.component`,
    )
    .all();
  const keys = reader.prepare(
    `SELECT i.key FROM identifiers i JOIN persons p USING (person)
      WHERE i.decision = 'ordinary' AND p.component = ? ORDER BY i.key`,
  );
  return {
    sizes: rows.map((row) => ({ component: Number(row["component"]), identifiers: Number(row["identifiers"]) })),
    keysOf: (component) => keys.all(component).map((row) => String(row["key"])),
  };
}

function surestTwo(keys: readonly string[], rules: IdentityRules): string[] {
  return keys.toSorted((a, b) => compareIdentifiers(a, b, rules)).slice(0, 2);
}

async function lateEdges(folding: FoldingBench, pair: readonly string[]): Promise<{ p50: number; p99: number }> {
  const ms: number[] = [];
  for (let turn = -warmUp; turn < turns; turn++) {
    // Elapsed: what a thread has used of the processor is told by the tick, which is longer than most of these.
    const before = performance.now();
    await folding.fold([pair], beforeAll - (turn + warmUp) * 1_000);
    const after = performance.now();
    if (turn >= 0) ms.push(after - before);
  }
  const sorted = ms.toSorted((a, b) => a - b);
  return { p50: sorted[Math.ceil(turns / 2) - 1] ?? 0, p99: sorted[Math.ceil(turns * 0.99) - 1] ?? 0 };
}
