import { useQuery } from "@tanstack/react-query";
import { api } from "../api/client.ts";
import type { components } from "../api/openApi.d.ts";

/** The counters come with platforms that keep them. */
export type SourceView = components["schemas"]["Source"];

const maxSources = 1_000;
export const sourcesKey = ["sources"] as const;

export function useSources() {
  return useQuery({
    queryKey: sourcesKey,
    queryFn: async ({ signal }) => (await api.get("/api/sources", { query: { limit: maxSources }, signal })).items,
  });
}
