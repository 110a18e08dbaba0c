import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type AnswerOf, api } from "../api/client.ts";

export type RulesList = AnswerOf<"/api/identity/rules", "get">;
export type RulesVersion = RulesList["current"];
export type RulesPreview = AnswerOf<"/api/identity/rules/preview", "post">;
export type RulesEffect = NonNullable<RulesPreview["effect"]>;
export type EffectExample = RulesEffect["examples"][number];

const listKey = ["rules", "list"] as const;
const refreshMs = 10_000;
const applyingMs = 1_000;
const pollMs = 500;
export const versionsShown = 50;

/** What holds, and the latest versions. */
export function useRules() {
  return useQuery({
    queryKey: listKey,
    queryFn: ({ signal }) => api.get("/api/identity/rules", { query: { limit: versionsShown }, signal }),
    refetchInterval: ({ state }) => (state.data?.applying == null ? refreshMs : applyingMs),
  });
}

/** Versions before the ones that `useRules` has. */
export function useOlderRules(after: string | null) {
  return useQuery({
    queryKey: ["rules", "older", after],
    enabled: after !== null,
    queryFn: ({ signal }) =>
      api.get("/api/identity/rules", { query: { limit: versionsShown, after: after ?? "" }, signal }),
    placeholderData: keepPreviousData,
  });
}

export function useRulesVersion(version: number) {
  return useQuery({
    queryKey: ["rules", "version", version],
    queryFn: ({ signal }) => api.get("/api/identity/rules/{version}", { path: { version }, signal }),
  });
}

const previewKey = (id: string | null) => ["rules", "preview", id] as const;

/** A dry run: asked for, followed until it ends, stopped. `id`: of the one that the page shows; it stands in the address. */
export function useDryRun(id: string | null, onBegun: (id: string) => void) {
  const queries = useQueryClient();
  const keep = (preview: RulesPreview): void => {
    queries.setQueryData(previewKey(preview.id), preview);
  };
  const begun = useMutation({
    mutationFn: (document: Record<string, unknown>) => api.post("/api/identity/rules/preview", { body: { document } }),
    onSuccess: (preview) => {
      keep(preview);
      onBegun(preview.id);
    },
  });
  const followed = useQuery({
    queryKey: previewKey(id),
    enabled: id !== null,
    queryFn: ({ signal }) => api.get("/api/identity/rules/previews/{id}", { path: { id: id ?? "" }, signal }),
    refetchInterval: ({ state }) => (state.data?.status === "running" ? pollMs : false),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const cancel = useMutation({
    mutationFn: () => api.post("/api/identity/rules/previews/{id}/cancel", { path: { id: id ?? "" } }),
    onSuccess: keep,
  });
  return {
    preview: id === null || begun.isPending ? null : (followed.data ?? null),
    isAsking: begun.isPending,
    error: begun.error ?? followed.error ?? cancel.error,
    begin: begun.mutate,
    cancel: () => cancel.mutate(),
  };
}

export type DryRun = ReturnType<typeof useDryRun>;

export function usePublish() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: { document: Record<string, unknown>; basedOn: number; reason: string }) =>
      api.post("/api/identity/rules", { body }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["rules"] }),
    // Another version may hold by now: the page should say so.
    onError: () => queries.invalidateQueries({ queryKey: listKey }),
  });
}
