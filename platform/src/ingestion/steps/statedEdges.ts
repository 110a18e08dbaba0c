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
  /** Adds what is stored of the keys. */
  load(keys: readonly IdentifierKey[]): Promise<void>;
  /** Adds what this batch says, once what is stored of it is there. */
  addBatch(): void;
  /** What holds of it. The ends of a withdrawn correction are no more connected than any other two. */
  edges(): Edge[];
  /** Aliases that this batch adds or updates. */
  changed(): ExplicitEdge[];
}

export function statedEdges(folded: Folded, { store }: PipelineParts): Stated {
  const said = folded.corrections.map(({ event }) => statementOf(event));
  const aliases = new Map<string, ExplicitEdge>();
  const corrections = new Map<string, Statement>();
  return {
    ends: [...folded.aliases, ...said].flatMap(({ a, b }) => [a, b]),
    load: async (keys) => {
      for (const edge of await store.edges(keys)) if (!aliases.has(edgeId(edge))) aliases.set(edgeId(edge), edge);
      for (const correction of await store.corrections(keys)) corrections.set(correction.id, correction);
    },
    addBatch: () => {
      for (const alias of folded.aliases) addEdge(aliases, alias);
      for (const correction of said) corrections.set(correction.id, correction);
    },
    edges: () => [
      ...aliases.values(),
      ...correctionEdges(corrections.values()),
      ...probableEdges(corrections.values()),
    ],
    changed: () => folded.aliases.map((alias) => aliases.get(edgeId(alias)) as ExplicitEdge),
  };
}
