import { type QueryClient, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type AnswerOf, api } from "../api/client.ts";

export type ReviewList = AnswerOf<"/api/identity/reviews", "get">;
export type ReviewSummary = ReviewList["summary"];
export type Review = AnswerOf<"/api/identity/reviews/{id}", "get">;
export type ReviewField = Review["fields"][number];
export type LinkageRun = AnswerOf<"/api/identity/linkage/runs", "get">["items"][number];
export type Answer = "same" | "different" | "skip" | "undo";

const listKey = ["reviews"] as const;
const runsKey = ["linkage-runs"] as const;
const listedPairs = 50;
/** While nothing waits, it is asked again so often. */
const emptyRefreshMs = 5_000;
const runRefreshMs = 1_000;

export function useReviewList() {
  return useQuery({
    queryKey: listKey,
    queryFn: ({ signal }) => api.get("/api/identity/reviews", { query: { limit: listedPairs }, signal }),
    refetchInterval: ({ state }) => (state.data?.items.length === 0 ? emptyRefreshMs : false),
  });
}

const reviewQuery = (id: string) => ({
  queryKey: ["review", id],
  queryFn: ({ signal }: { signal: AbortSignal }) => api.get("/api/identity/reviews/{id}", { path: { id }, signal }),
  retry: false,
});

export function useReview(id: string | undefined) {
  return useQuery({ ...reviewQuery(id ?? ""), enabled: id !== undefined });
}

export function prefetchReview(queries: QueryClient, id: string): void {
  void queries.prefetchQuery(reviewQuery(id));
}

/** `basis`: of the pair as it was seen. Whether it was taken or not, the pair is not as it was before. */
export async function sendAnswer(queries: QueryClient, id: string, answer: Answer, basis?: string): Promise<void> {
  try {
    const body = { answer, ...(basis === undefined ? {} : { basis }) };
    await api.post("/api/identity/reviews/{id}", { path: { id }, body });
  } finally {
    queries.removeQueries({ queryKey: ["review", id] });
  }
}

export function refreshList(queries: QueryClient): Promise<void> {
  return queries.invalidateQueries({ queryKey: listKey });
}

/** The latest linkage; null before the first. It is watched while it runs. */
export function useLatestRun() {
  return useQuery({
    queryKey: runsKey,
    queryFn: async ({ signal }): Promise<LinkageRun | null> => {
      const { items } = await api.get("/api/identity/linkage/runs", { query: { limit: 1 }, signal });
      return items[0] ?? null;
    },
    refetchInterval: ({ state }) => (state.data?.state === "running" ? runRefreshMs : false),
  });
}

export function useStartLinkage() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => api.post("/api/identity/linkage/runs", { body: {} }),
    onSettled: () => queries.invalidateQueries({ queryKey: runsKey }),
  });
}

export function useCancelLinkage() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => api.post("/api/identity/linkage/runs/{id}/cancel", { path: { id } }),
    onSettled: () => queries.invalidateQueries({ queryKey: runsKey }),
  });
}
