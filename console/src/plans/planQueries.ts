import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type AnswerOf, api } from "../api/client.ts";
import type { JsonDocument } from "../parts/jsonDocument.ts";
import { isObject } from "../parts/jsonDocument.ts";
import { usePages } from "../parts/usePages.ts";
import type { SeenShape } from "./planFrom.ts";

export type PlanVersion = AnswerOf<"/api/sources/{id}/tracking-plan", "get">;
export type PlanCheck = AnswerOf<"/api/sources/{id}/tracking-plan/check", "post">;
export type PlanViolation = AnswerOf<"/api/sources/{id}/tracking-plan/violations", "get">["items"][number];

const refreshMs = 10_000;
const pageItems = 50;
const planKey = (source: string) => ["plans", source] as const;

/** The plan that holds; version 0 where there never was one. */
export function usePlan(source: string) {
  return useQuery({
    queryKey: [...planKey(source), "current"],
    queryFn: ({ signal }) => api.get("/api/sources/{id}/tracking-plan", { path: { id: source }, signal }),
    refetchInterval: refreshMs,
  });
}

export function usePlanVersion(source: string, version: number) {
  return useQuery({
    queryKey: [...planKey(source), "version", version],
    queryFn: ({ signal }) =>
      api.get("/api/sources/{id}/tracking-plan/versions/{version}", { path: { id: source, version }, signal }),
  });
}

export function usePlanVersions(source: string) {
  return usePages({
    queryKey: [...planKey(source), "versions"],
    queryFn: ({ signal, pageParam }) =>
      api.get("/api/sources/{id}/tracking-plan/versions", {
        path: { id: source },
        query: { limit: pageItems, ...(pageParam === null ? {} : { after: pageParam }) },
        signal,
      }),
    refetchInterval: refreshMs,
  });
}

export interface ViolationsWanted {
  /** Null: of all. */
  version: number | null;
  order: "newest" | "frequent";
}

/** `limit`: of a page. */
export function useViolations(source: string, { version, order }: ViolationsWanted, limit = pageItems) {
  return usePages({
    queryKey: [...planKey(source), "violations", version, order, limit],
    queryFn: ({ signal, pageParam }) =>
      api.get("/api/sources/{id}/tracking-plan/violations", {
        path: { id: source },
        query: {
          limit,
          order,
          ...(version === null ? {} : { version }),
          ...(pageParam === null ? {} : { after: pageParam }),
        },
        signal,
      }),
    placeholderData: keepPreviousData,
    refetchInterval: refreshMs,
  });
}

/** What plans say of the latest calls: the one that is given, and the one that holds (null where there is none). */
export interface Checked {
  draft: PlanCheck;
  now: PlanCheck | null;
}

/** `json`: of the document that is checked; null: nothing is asked. */
export function useCheck(
  source: string,
  { json, holds, latest }: { json: string | null; holds: number; latest: number },
) {
  return useQuery({
    queryKey: [...planKey(source), "check", holds, latest, json],
    enabled: json !== null,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    queryFn: async ({ signal }): Promise<Checked> => {
      const check = (body: { document?: JsonDocument; latest: number }) =>
        api.post("/api/sources/{id}/tracking-plan/check", { path: { id: source }, body, signal });
      const [draft, now] = await Promise.all([
        check({ document: JSON.parse(json ?? "{}") as JsonDocument, latest }),
        holds === 0 ? null : check({ latest }),
      ]);
      return { draft, now };
    },
  });
}

/** `onPublished`: before what is shown is asked for again. */
export function usePublishPlan(source: string, onPublished: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: { document: JsonDocument; basedOn: number; reason: string }) =>
      api.put("/api/sources/{id}/tracking-plan", { path: { id: source }, body }),
    onSuccess: () => {
      onPublished();
      return queries.invalidateQueries({ queryKey: planKey(source), predicate: isNoCheck });
    },
    // Another version may hold by now: the page should say so.
    onError: () => queries.invalidateQueries({ queryKey: [...planKey(source), "current"] }),
  });
}

/** What a draft would do is asked for when somebody wants it. */
const isNoCheck = ({ queryKey }: { queryKey: readonly unknown[] }): boolean => queryKey[2] !== "check";

export function useRemovePlan(source: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (basedOn: number) =>
      api.delete("/api/sources/{id}/tracking-plan", { path: { id: source }, query: { basedOn } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: planKey(source) }),
    onError: () => queries.invalidateQueries({ queryKey: [...planKey(source), "current"] }),
  });
}

/** Calls that a draft is made from. */
export const seenCalls = 1_000;
const seenShapes = 2_000;

/** Which names and types the latest calls had: no value of a call leaves the platform. */
const shapesSql = (
  source: string,
): string => `SELECT type, event, json_structure(properties) AS shape, count(*) AS calls
FROM (SELECT type, event, properties FROM events WHERE source = '${source.replaceAll("'", "''")}'
  ORDER BY received_at DESC LIMIT ${seenCalls})
GROUP BY ALL ORDER BY calls DESC`;

export function useSeenShapes(source: string) {
  return useMutation({
    mutationFn: async (): Promise<SeenShape[]> => {
      const { rows } = await api.post("/api/query", { body: { sql: shapesSql(source), limit: seenShapes } });
      return rows.map(([type, event, shape, calls]) => ({
        type: String(type),
        event: event === null || event === undefined ? null : String(event),
        shape: shapeOf(shape),
        calls: Number(calls),
      }));
    },
  });
}

function shapeOf(cell: unknown): JsonDocument {
  const read: unknown = typeof cell === "string" ? JSON.parse(cell) : cell;
  return isObject(read) ? read : {};
}
