import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type AnswerOf, api } from "../api/client.ts";
import { usePages } from "../parts/usePages.ts";
import type { Transformation } from "./steps.ts";

export type Cause = AnswerOf<"/api/rejections/causes", "get">["items"][number];
export type RefusedCall = AnswerOf<"/api/rejections", "get">["items"][number];
export type Replay = AnswerOf<"/api/replays", "post">;

export const rejectsKey = ["rejects"] as const;
const pageItems = 50;
const refreshMs = 15_000;
const pollMs = 500;

export interface CausesWanted {
  source: string | null;
  state: "open" | "all";
}

export function useCauses({ source, state }: CausesWanted) {
  return usePages({
    queryKey: [...rejectsKey, "causes", source, state],
    queryFn: ({ signal, pageParam }) =>
      api.get("/api/rejections/causes", {
        query: {
          limit: pageItems,
          state,
          ...(source === null ? {} : { source }),
          ...(pageParam === null ? {} : { after: pageParam }),
        },
        signal,
      }),
    placeholderData: keepPreviousData,
    refetchInterval: refreshMs,
  });
}

/** How much there is to mend, for the rail. */
export function useOpenCalls() {
  return useQuery({
    queryKey: [...rejectsKey, "open"],
    queryFn: async ({ signal }) => {
      const { open } = await api.get("/api/rejections/causes", { query: { limit: 1, state: "open" }, signal });
      return open.calls;
    },
    refetchInterval: refreshMs,
    retry: false,
  });
}

export function useCause(id: string) {
  return useQuery({
    queryKey: [...rejectsKey, "cause", id],
    queryFn: ({ signal }) => api.get("/api/rejections/causes/{id}", { path: { id }, signal }),
    refetchInterval: refreshMs,
  });
}

export function useCalls(cause: string, state: "open" | "all") {
  return usePages({
    queryKey: [...rejectsKey, "calls", cause, state],
    queryFn: ({ signal, pageParam }) =>
      api.get("/api/rejections", {
        query: { cause, state, limit: pageItems, ...(pageParam === null ? {} : { after: pageParam }) },
        signal,
      }),
    placeholderData: keepPreviousData,
  });
}

/** What is to be replayed: all that is open of a cause, or some messages of its source. */
type ReplayWish = ({ cause: string } | { source: string; messageIds: string[] }) & {
  transformation: Transformation | null;
  dryRun: boolean;
};

export function useStartReplay(onStarted: (replay: Replay, wish: ReplayWish) => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: ReplayWish) => api.post("/api/replays", { body }),
    onSuccess: async (replay, wish) => {
      queries.setQueryData(replayKey(replay.id), replay);
      onStarted(replay, wish);
      if (!replay.dryRun) await queries.invalidateQueries({ queryKey: rejectsKey });
    },
  });
}

const replayKey = (id: string) => ["replay", id] as const;

/** Followed while it runs; at its end the lists are asked for again. */
export function useReplay(id: string | null) {
  const queries = useQueryClient();
  return useQuery({
    queryKey: replayKey(id ?? ""),
    queryFn: async ({ signal }) => {
      const replay = await api.get("/api/replays/{id}", { path: { id: id ?? "" }, signal });
      if (!replay.dryRun && replay.status !== "running") await queries.invalidateQueries({ queryKey: rejectsKey });
      return replay;
    },
    enabled: id !== null,
    refetchInterval: ({ state }) => (state.data?.status === "running" ? pollMs : false),
  });
}

/** The latest replay of a cause, whoever began it. */
export function useLatestReplay(cause: string) {
  return useQuery({
    queryKey: [...rejectsKey, "replays", cause],
    queryFn: async ({ signal }) => {
      const { items } = await api.get("/api/replays", { query: { limit: pageItems }, signal });
      return items.find((replay) => replay.cause === cause)?.id ?? null;
    },
    refetchInterval: refreshMs,
  });
}

export function useChangeReplay() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id, to }: { id: string; to: "stop" | "resume" }) =>
      to === "stop"
        ? api.post("/api/replays/{id}/stop", { path: { id } })
        : api.post("/api/replays/{id}/resume", { path: { id } }),
    onSuccess: async (replay) => {
      queries.setQueryData(replayKey(replay.id), replay);
      await queries.invalidateQueries({ queryKey: rejectsKey });
    },
  });
}
