import { useQuery } from "@tanstack/react-query";
import { api } from "../api/client.ts";
import type { components } from "../api/openApi.d.ts";

export type Operations = components["schemas"]["Operations"];
export type Consumer = components["schemas"]["Consumer"];
export type Disk = components["schemas"]["Disk"];
export type Backup = components["schemas"]["Backup"];

const refreshMs = 5_000;

export function useOperations() {
  return useQuery({
    queryKey: ["operations"],
    queryFn: ({ signal }) => api.get("/api/operations", { signal }),
    refetchInterval: refreshMs,
  });
}
