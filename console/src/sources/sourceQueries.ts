import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api } from "../api/client.ts";
import { fetchSources } from "./sourceHealth.ts";
import { forgetKey, rememberKey } from "./shownKeys.ts";
import type { SourceKind } from "../parts/SourceMark.tsx";

const sourcesKey = ["sources"] as const;
const refreshMs = 10_000;

/** `everyMs`: how often it is asked again while the page is looked at. */
export function useSources({ everyMs = refreshMs }: { everyMs?: number } = {}) {
  return useQuery({
    queryKey: sourcesKey,
    queryFn: ({ signal }) => fetchSources(signal),
    refetchInterval: everyMs,
  });
}

export interface LatestEvent {
  receivedAt: string;
  what: string;
  identifier: string | null;
  messageId: string;
}

/** Events of one source, newest first. */
export const latestSql = (id: string): string => `SELECT received_at, type, event, identifier_type, message_id
FROM events WHERE source = '${id.replaceAll("'", "''")}'
ORDER BY received_at DESC`;
const latestCount = 10;

/** `everyMs` of 0 asks once. The identifier's type only: whose it is, is for pages that show people. */
export function useLatestEvents(id: string, everyMs: number) {
  return useQuery({
    queryKey: ["sources", id, "latest"],
    queryFn: async ({ signal }): Promise<LatestEvent[]> => {
      const { rows } = await api.post("/api/query", { body: { sql: latestSql(id), limit: latestCount }, signal });
      return rows.map(([receivedAt, type, event, identifier, messageId]) => ({
        receivedAt: String(receivedAt),
        what: String(event ?? type),
        identifier: identifier === null || identifier === undefined ? null : String(identifier),
        messageId: String(messageId),
      }));
    },
    refetchInterval: everyMs === 0 ? false : everyMs,
  });
}

export function useCreateSource() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: { id: string; name: string; kind: SourceKind }) => api.post("/api/sources", { body }),
    onSuccess: async ({ source, writeKey }) => {
      rememberKey(source.id, writeKey);
      await queries.invalidateQueries({ queryKey: sourcesKey, exact: true });
    },
  });
}

export function useRotateKey(id: string) {
  return useMutation({
    mutationFn: () => api.post("/api/sources/{id}/rotate", { path: { id } }),
    onMutate: () => forgetKey(id),
    onSuccess: ({ writeKey }) => rememberKey(id, writeKey),
  });
}

/** Only what is given changes; `maxEventsPerSecond` null: no limit. */
export function useChangeSource(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: { enabled?: boolean; maxEventsPerSecond?: number | null }) =>
      api.patch("/api/sources/{id}", { path: { id }, body }),
    onSuccess: () => queries.invalidateQueries({ queryKey: sourcesKey, exact: true }),
  });
}
