import { correctionEdges, probableEdges } from "../../identity/index.ts";
import { statementOf, type Statement } from "../../model/correction.ts";
import type { Edge, ExplicitEdge } from "../../model/evidence.ts";
import type { IdentifierKey } from "../../model/identifier.ts";
import type { PipelineParts } from "../pipeline.ts";
import { addEdge, edgeId, type Folded } from "./fold.ts";

/** What was said, not seen, of the identifiers that are looked at: aliases by sources, the rest by people and linkages. */
export interface Stated {
  /** What this batch speaks of. */
  readonly ends: readonly IdentifierKey[];
  /** What this batch says, with what is stored of just that. Before anything else is loaded. */
  loadBatch(): Promise<void>;
  /** Adds what is stored of the keys; answers with both ends of it all. */
  load(keys: readonly IdentifierKey[]): Promise<IdentifierKey[]>;
  /** What holds of it. The ends of a withdrawn correction are no more connected than any other two. */
  edges(): Edge[];
  /** How many aliases name the identifier, of those that were loaded: past the most that it may have, not all are. */
  aliasesOf(): Map<IdentifierKey, number>;
  /** Aliases that this batch adds or updates. */
  changed(): ExplicitEdge[];
  /** Ends of what this batch corrects: what held there may hold no more. */
  readonly corrected: readonly IdentifierKey[];
}

export function statedEdges(folded: Folded, { store, rules }: PipelineParts): Stated {
  const said = folded.corrections.map(({ event }) => statementOf(event));
  const corrected = said.flatMap(({ a, b }) => [a, b]);
  const aliases = new Map<string, ExplicitEdge>();
  const corrections = new Map<string, Statement>();
  const keep = (edges: readonly ExplicitEdge[]): void => {
    for (const edge of edges) if (!aliases.has(edgeId(edge))) aliases.set(edgeId(edge), edge);
  };
  return {
    ends: [...folded.aliases.flatMap(({ a, b }) => [a, b]), ...corrected],
    corrected,
    loadBatch: async () => {
      keep(await store.edgesBetween(folded.aliases));
      for (const alias of folded.aliases) addEdge(aliases, alias);
      for (const correction of await store.corrections(corrected)) corrections.set(correction.id, correction);
      for (const correction of said) corrections.set(correction.id, correction);
    },
    load: async (keys) => {
      // One more than an identifier may have that joins people tells that it has too many.
      const edges = await store.edges(keys, rules.maxEvidenceIdentifiers + 1);
      const spoken = await store.corrections(keys);
      keep(edges);
      for (const correction of spoken) corrections.set(correction.id, correction);
      return [...edges, ...spoken].flatMap(({ a, b }) => [a, b]);
    },
    edges: () => [
      ...aliases.values(),
      ...correctionEdges(corrections.values()),
      ...probableEdges(corrections.values()),
    ],
    aliasesOf: () => {
      const counts = new Map<IdentifierKey, number>();
      for (const { a, b } of aliases.values()) for (const key of [a, b]) counts.set(key, (counts.get(key) ?? 0) + 1);
      return counts;
    },
    changed: () => folded.aliases.map((alias) => aliases.get(edgeId(alias)) as ExplicitEdge),
  };
}
