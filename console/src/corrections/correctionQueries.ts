import { type QueryClient, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type AnswerOf, api } from "../api/client.ts";
import { usePages } from "../parts/usePages.ts";
import { customerKey } from "../customer/customerQueries.ts";
import type { CorrectionFilters } from "./filters.ts";
import { undoing, type Wanted } from "./wanted.ts";

export type CorrectionPreview = AnswerOf<"/api/identity/preview", "post">;
export type CorrectionAnswer = AnswerOf<"/api/identity/corrections", "post">;
export type Correction = AnswerOf<"/api/identity/corrections", "get">["items"][number];
export type PersonSeen = CorrectionPreview["before"][number];

const correctionsKey = ["corrections"] as const;
const pageItems = 50;
const customerItems = 200;
/** Search follows decisions a moment behind. */
const searchFollowsMs = 1_500;

/** What would happen, as it is decided at the moment. */
export function usePreview(wanted: Wanted) {
  return useQuery({
    queryKey: ["correction-preview", wanted],
    queryFn: ({ signal }) => api.post("/api/identity/preview", { body: wanted, signal }),
    // What was true a moment ago need not be.
    staleTime: 0,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
}

export interface Saying {
  wanted: Wanted;
  reason: string;
  /** Of the preview that was seen. */
  basis: string;
}

export function useCorrect() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ wanted, reason, basis }: Saying) =>
      api.post("/api/identity/corrections", { body: { ...wanted, reason, basis } }),
    onSuccess: (answer) => refreshPeople(queries, answer),
  });
}

/** Says of each pair what held before. */
export function useUndo() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ answer, reason }: { answer: CorrectionAnswer; reason: string }) =>
      api.post("/api/identity/corrections", { body: { corrections: undoing(answer.corrections), reason } }),
    onSuccess: (answer) => refreshPeople(queries, answer),
  });
}

async function refreshPeople(queries: QueryClient, { before, after }: CorrectionAnswer): Promise<void> {
  const people = [...before, ...after].flatMap(({ profile }) => [profile.id, ...(profile.retiredIds ?? [])]);
  const refreshed = [...new Set(people)].map((id) => queries.invalidateQueries({ queryKey: customerKey(id) }));
  for (const key of [correctionsKey, ["why"], ["household"], ["identity"], ["customers"]]) {
    refreshed.push(queries.invalidateQueries({ queryKey: key }));
  }
  setTimeout(() => void queries.invalidateQueries({ queryKey: ["customers"] }), searchFollowsMs);
  await Promise.all(refreshed);
}

/** All that was said, newest first, by pages on demand. */
export function useCorrections({ verdict, by, profile }: CorrectionFilters) {
  return usePages({
    queryKey: [...correctionsKey, verdict, by, profile],
    queryFn: ({ pageParam, signal }) => {
      const query = {
        limit: pageItems,
        ...(verdict === null ? {} : { verdict }),
        ...(by === null ? {} : { by }),
        ...(profile === null ? {} : { profileId: profile }),
        ...(pageParam === null ? {} : { after: pageParam }),
      };
      return api.get("/api/identity/corrections", { query, signal });
    },
  });
}

/** What was said of one customer's identifiers, the latest. */
export function useCustomerCorrections(id: string) {
  return useQuery({
    queryKey: [...customerKey(id), "corrections"],
    queryFn: async ({ signal }) => {
      const query = { profileId: id, limit: customerItems };
      return (await api.get("/api/identity/corrections", { query, signal })).items;
    },
  });
}

const tokensFreshMs = 5 * 60_000;
const maxTokens = 1_000;

/** Whom an id of a token is of: what the token is called. */
export function useTokenNames(): ReadonlyMap<string, string> {
  const tokens = useQuery({
    queryKey: ["tokens"],
    queryFn: async ({ signal }) => (await api.get("/api/tokens", { query: { limit: maxTokens }, signal })).items,
    staleTime: tokensFreshMs,
  });
  return new Map((tokens.data ?? []).map(({ id, name }) => [id, name]));
}
