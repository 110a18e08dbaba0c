import type { FateView, SubmitAnswer } from "../../src/api/services.ts";
import type { JsonObject } from "../../src/model/event.ts";
import type { Profile } from "../../src/model/profile.ts";
import type { SourceKind } from "../../src/model/source.ts";
import { until } from "./polling.ts";

const maxCatchUpMs = 120_000;

export interface Answer {
  status: number;
  headers: Headers;
  /** Parsed when it is JSON, else the text. */
  body: unknown;
}

export interface TimelineItem {
  messageId: string;
  source: string;
  sourceKind: string;
  type: string;
  event: string | null;
  occurredAt: string;
  identifier: { type: string; value: string } | null;
  properties: JsonObject;
}

type Cell = string | number | boolean | null;

/** The platform over its HTTP API, as any client sees it. Throws on an answer that is no success. */
export interface Reads {
  request(method: string, path: string, body?: unknown): Promise<Answer>;
  /** Null where nobody has the identifier. */
  profile(type: string, value: string): Promise<Profile | null>;
  /** The profile that must be there. */
  someone(type: string, value: string): Promise<Profile>;
  profileById(id: string): Promise<Profile>;
  /** Newest first, all pages. */
  timeline(profileId: string): Promise<TimelineItem[]>;
  /** Null for an event that was never accepted. */
  fate(messageId: string, source?: string): Promise<FateView | null>;
  query(sql: string): Promise<Cell[][]>;
  /** The one cell of the one row. */
  value(sql: string): Promise<Cell>;
  status(): Promise<{ pendingRecords: number; acceptedRecords: number; asOf: string }>;
  createSource(id: string, kind: SourceKind): Promise<string>;
  import(source: string, calls: readonly JsonObject[]): Promise<SubmitAnswer>;
  /** Waits until everything accepted so far is in every answer. */
  settled(): Promise<void>;
}

const mostRows = 10_000;

export function readsOf(url: string, token: string): Reads {
  const request = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.startsWith("application/json") ?? false;
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };
  const orNull = async <T>(method: string, path: string, body?: unknown): Promise<T | null> => {
    const answer = await request(method, path, body);
    if (answer.status >= 200 && answer.status < 300) return answer.body as T;
    if (answer.status === 404) return null;
    throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  };
  const must = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const found = await orNull<T>(method, path, body);
    if (found === null) throw new Error(`${method} ${path}: 404`);
    return found;
  };
  return { request, ...readingBy(orNull, must) };
}

type Ask<Absent> = <T>(method: string, path: string, body?: unknown) => Promise<T | Absent>;

function readingBy(orNull: Ask<null>, must: Ask<never>): Omit<Reads, "request"> {
  const enc = encodeURIComponent;
  const query: Reads["query"] = async (sql) => {
    const answer = await must<{ rows: Cell[][]; truncated: boolean }>("POST", "/api/query", { sql, limit: mostRows });
    if (answer.truncated) throw new Error(`more than ${mostRows} rows: ${sql}`);
    return answer.rows;
  };
  const status: Reads["status"] = async () => {
    const answer = await must<{ pendingRecords: number; acceptedRecords: number; analytics: { asOf: string } }>(
      "GET",
      "/api/status",
    );
    return { ...answer, asOf: answer.analytics.asOf };
  };
  return {
    query,
    status,
    profile: (type, value) => orNull<Profile>("GET", `/api/profiles/${enc(type)}/${enc(value)}`),
    someone: (type, value) => must<Profile>("GET", `/api/profiles/${enc(type)}/${enc(value)}`),
    profileById: (id) => must<Profile>("GET", `/api/profiles/id/${enc(id)}`),
    timeline: async (id) => {
      const items: TimelineItem[] = [];
      for (let after: string | null = null, isFirst = true; isFirst || after !== null; isFirst = false) {
        const from: string = after === null ? "" : `&after=${enc(after)}`;
        const page: { items: TimelineItem[]; next: string | null } = await must(
          "GET",
          `/api/profiles/id/${enc(id)}/events?limit=100${from}`,
        );
        items.push(...page.items);
        after = page.next;
      }
      return items;
    },
    fate: (messageId, source) =>
      orNull<FateView>("GET", `/api/events/${enc(messageId)}${source === undefined ? "" : `?source=${source}`}`),
    value: async (sql) => {
      const [[cell = null] = []] = await query(sql);
      return cell;
    },
    createSource: async (id, kind) => (await must<{ writeKey: string }>("POST", "/api/sources", { id, kind })).writeKey,
    import: (source, calls) => must<SubmitAnswer>("POST", `/api/imports/${source}`, { calls }),
    settled: async () => {
      await until("everything accepted is processed", maxCatchUpMs, async () => (await status()).pendingRecords === 0);
      // Only now: `asOf` says what had been decided by then.
      const goal = new Date().toISOString();
      await until("everything processed is followed", maxCatchUpMs, async () => (await status()).asOf >= goal);
    },
  };
}
