import type { LiveRow } from "./rows.ts";

export const filterStatuses = ["processed", "rejected", "joined", "accepted", "duplicate"] as const;
export type FilterStatus = (typeof filterStatuses)[number];

/** Empty: anything. */
export interface LiveFilters {
  sources: string[];
  events: string[];
  statuses: FilterStatus[];
}

/** The page's address keeps the filters, under the names that the stream gives them. */
export function filtersOf(search: URLSearchParams): LiveFilters {
  const unique = (name: string): string[] => [...new Set(search.getAll(name).filter((value) => value !== ""))];
  return {
    sources: unique("source"),
    events: unique("event"),
    statuses: filterStatuses.filter((status) => search.getAll("status").includes(status)),
  };
}

/** The rest of the address stays. */
export function withFilters(search: URLSearchParams, { sources, events, statuses }: LiveFilters): URLSearchParams {
  const next = new URLSearchParams(search);
  for (const [name, values] of [
    ["source", sources],
    ["event", events],
    ["status", statuses],
  ] as const) {
    next.delete(name);
    for (const value of values) next.append(name, value);
  }
  return next;
}

export function streamAddress(filters: LiveFilters): string {
  const search = withFilters(new URLSearchParams(), filters).toString();
  return search === "" ? "/api/stream" : `/api/stream?${search}`;
}

export function hasFilters({ sources, events, statuses }: LiveFilters): boolean {
  return sources.length + events.length + statuses.length > 0;
}

/** What is shown already when a filter is set, as the server chooses what follows. */
export function rowMatches({ sources, events, statuses }: LiveFilters, row: LiveRow): boolean {
  if (sources.length > 0 && !sources.includes(row.source)) return false;
  if (events.length > 0 && !events.includes(row.what ?? "")) return false;
  if (statuses.length === 0) return true;
  return statuses.some((status) => (status === "joined" ? row.join !== null : row.status === status));
}
