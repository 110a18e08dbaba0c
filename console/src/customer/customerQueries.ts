import { type InfiniteData, type QueryClient, useQuery } from "@tanstack/react-query";
import { type AnswerOf, api } from "../api/client.ts";
import { usePages } from "../parts/usePages.ts";
import { type SpendRow, spendSql } from "./spend.ts";
import type { TimelinePage } from "./timelinePages.ts";

export type Profile = AnswerOf<"/api/profiles/id/{id}", "get">;
export type TraitValues = AnswerOf<"/api/profiles/id/{id}/traits", "get">;
export type WhyAnswer = AnswerOf<"/api/identity/why", "post">;

const pageEvents = 100;
const maxSpendRows = 10_000;

export const customerKey = (id: string): readonly string[] => ["customer", id];

/** By a living or a retired id. */
export function useProfile(id: string) {
  return useQuery({
    queryKey: [...customerKey(id), "profile"],
    queryFn: ({ signal }) => api.get("/api/profiles/id/{id}", { path: { id }, signal }),
  });
}

export function useTraits(id: string) {
  return useQuery({
    queryKey: [...customerKey(id), "traits"],
    queryFn: ({ signal }) => api.get("/api/profiles/id/{id}/traits", { path: { id }, signal }),
  });
}

export function useIdentity(id: string) {
  return useQuery({
    queryKey: [...customerKey(id), "identity"],
    queryFn: ({ signal }) => api.get("/api/profiles/id/{id}/identity", { path: { id }, signal }),
  });
}

export function useSpend(id: string) {
  return useQuery({
    queryKey: [...customerKey(id), "spend"],
    queryFn: async ({ signal }): Promise<SpendRow[]> => {
      const { rows } = await api.post("/api/query", { body: { sql: spendSql(id), limit: maxSpendRows }, signal });
      return rows.map(([month, channel, currency, net, orders]) => ({
        month: String(month),
        channel: String(channel),
        currency: String(currency),
        net: Number(net),
        orders: Number(orders),
      }));
    },
  });
}

export const timelineKey = (id: string, source: string | null) => [...customerKey(id), "timeline", source];

export function fetchTimeline(id: string, source: string | null, after: string | null, signal?: AbortSignal) {
  const query = {
    limit: pageEvents,
    ...(source === null ? {} : { source }),
    ...(after === null ? {} : { after }),
  };
  return api.get("/api/profiles/id/{id}/events", { path: { id }, query, signal });
}

export type TimelineData = InfiniteData<TimelinePage, string | null>;

export function useTimeline(id: string, source: string | null) {
  return usePages({
    queryKey: timelineKey(id, source),
    queryFn: ({ pageParam, signal }) => fetchTimeline(id, source, pageParam, signal),
    // What is new comes by `useLiveCustomer`, without asking for every page again.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnMount: "always",
  });
}

export function useWhy(pair: { a: string; b: string } | null) {
  return useQuery({
    queryKey: ["why", pair?.a, pair?.b],
    queryFn: ({ signal }) => api.post("/api/identity/why", { body: pair ?? { a: "", b: "" }, signal }),
    enabled: pair !== null,
  });
}

/** Asks anew for what is shown of a customer but the timeline, which has a way of its own. */
export async function refreshCustomer(queries: QueryClient, id: string): Promise<void> {
  await queries.invalidateQueries({
    queryKey: customerKey(id),
    predicate: ({ queryKey }) => queryKey[2] !== "timeline",
  });
}
