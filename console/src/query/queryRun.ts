import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api } from "../api/client.ts";
import { asProblem, type ApiProblem } from "../api/problem.ts";
import type { components } from "../api/openApi.d.ts";

export type QueryAnswer = components["schemas"]["QueryAnswer"];

export const firstRows = 1_000;
/** The most that one answer holds. */
export const maxRows = 10_000;
const keptMs = 30 * 60_000;

/** The last run of a draft. After an error, the rows of the run before stay. */
export interface Run {
  sql: string;
  limit: number;
  answer: QueryAnswer | null;
  problem: ApiProblem | null;
  /** Of the answer, when an error came after it. */
  answerSql: string | null;
}

export function fetchRows(sql: string, limit: number, signal?: AbortSignal): Promise<QueryAnswer> {
  return api.post("/api/query", { body: { sql, limit }, signal });
}

/** Runs a draft's SQL; its result is kept, so that Back finds it. A new run takes the place of one under way. */
export function useQueryRun(draftId: string) {
  const queries = useQueryClient();
  const key = ["query-run", draftId];
  const { data: run = null } = useQuery<Run | null>({
    queryKey: key,
    queryFn: () => null,
    enabled: false,
    gcTime: keptMs,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const [startedAt, setStartedAt] = useState<number | null>(null);
  const current = useRef<AbortController | null>(null);
  useEffect(() => () => current.current?.abort(), [draftId]);

  const start = async (sql: string, limit: number): Promise<void> => {
    current.current?.abort();
    const controller = new AbortController();
    current.current = controller;
    setStartedAt(Date.now());
    const before = queries.getQueryData<Run | null>(key) ?? null;
    let after: Run;
    try {
      after = { sql, limit, answer: await fetchRows(sql, limit, controller.signal), problem: null, answerSql: sql };
    } catch (error) {
      const kept = { answer: before?.answer ?? null, answerSql: before?.answerSql ?? null };
      after = { sql, limit, problem: asProblem(error), ...kept };
    }
    if (current.current !== controller) return;
    current.current = null;
    setStartedAt(null);
    if (after.problem?.code !== "aborted") queries.setQueryData(key, after);
  };
  return { run, startedAt, start, cancel: () => current.current?.abort() };
}

const views = ["events", "profiles", "identifiers", "orders", "order_lines", "households"] as const;

export interface View {
  name: string;
  columns: { name: string; type: string }[];
}

/** The views that a query may read, with their columns, as the platform in use has them. */
export function useSchema() {
  return useQuery({
    queryKey: ["query-schema"],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }): Promise<View[]> =>
      Promise.all(
        views.map(async (name) => ({
          name,
          columns: (await fetchRows(`SELECT * FROM ${name} LIMIT 0`, 1, signal)).columns,
        })),
      ),
  });
}
