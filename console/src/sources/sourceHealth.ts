import { api } from "../api/client.ts";
import type { components } from "../api/openApi.d.ts";

export type SourceView = components["schemas"]["Source"];

export interface Counts {
  accepted: number;
  /** Null where refusals are not counted. */
  rejected: number | null;
}

/** What came from a source lately. */
export interface SourceHealth {
  asOf: string;
  lastEventAt: string | null;
  last5Minutes: Counts;
  last24Hours: Counts;
}

export interface SourceWithHealth extends SourceView {
  health: SourceHealth;
}

export type SourceState = "receiving" | "quiet" | "none" | "disabled";

const recentMs = 5 * 60_000;

export function stateOf({ enabled, health }: SourceWithHealth, now: number): SourceState {
  if (!enabled) return "disabled";
  if (health.lastEventAt === null) return "none";
  return now - Date.parse(health.lastEventAt) <= recentMs ? "receiving" : "quiet";
}

const countsSql = `SELECT source, max(received_at) AS last,
  count(*) FILTER (received_at > now()::TIMESTAMP - INTERVAL 5 MINUTE) AS five_minutes,
  count(*) FILTER (received_at > now()::TIMESTAMP - INTERVAL 24 HOUR) AS day
FROM events GROUP BY source`;
const maxSources = 1_000;

/** All sources with their health: as the platform tells it, or, where it does not, from the events themselves. */
export async function fetchSources(signal: AbortSignal): Promise<SourceWithHealth[]> {
  const { items } = await api.get("/api/sources", { query: { limit: maxSources }, signal });
  const told = items.filter(hasHealth);
  if (told.length === items.length) return told;
  const answer = await api.post("/api/query", { body: { sql: countsSql, limit: maxSources }, signal });
  return items.map((source) => ({ ...source, health: countedHealth(source.id, answer) }));
}

function hasHealth(source: SourceView): source is SourceWithHealth {
  return "health" in source && typeof source.health === "object" && source.health !== null;
}

type Rows = readonly (readonly (string | number | boolean | null)[])[];

export function countedHealth(id: string, { rows, asOf }: { rows: Rows; asOf: string }): SourceHealth {
  const [, last = null, fiveMinutes = 0, day = 0] = rows.find(([source]) => source === id) ?? [];
  return {
    asOf,
    lastEventAt: typeof last === "string" ? last : null,
    last5Minutes: { accepted: Number(fiveMinutes), rejected: null },
    last24Hours: { accepted: Number(day), rejected: null },
  };
}
