import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import type { OperationsView } from "../api/operations.ts";
import type { SearchItemView } from "../api/searchItems.ts";
import type { FateView, IdentityView, PlatformStatus, ProfileView, SubmitAnswer, WhyView } from "../api/services.ts";
import type { JsonObject } from "../model/event.ts";
import { Problem } from "../model/problem.ts";
import type { SourceKind } from "../model/source.ts";
import { readCliToken } from "../runtime/cliToken.ts";
import { findServer } from "../runtime/dataDirectory.ts";
import { readSettings } from "../runtime/settings.ts";
import { backupCalls, type BackupCalls } from "./backupCalls.ts";
import { correctionCalls, type CorrectionCalls } from "./correctionCalls.ts";
import { reviewCalls, type ReviewCalls } from "./reviewCalls.ts";
import type { SourceChange } from "../storage/access.ts";
import { followedUp, type ServerProgress } from "./followedUp.ts";
import type { CliIo } from "./io.ts";
import { plansCalls, type PlansCalls } from "./plansCalls.ts";
import { rejectsCalls, type RejectsCalls } from "./rejectsCalls.ts";
import { rulesCalls, type RulesCalls } from "./rulesCalls.ts";
import { directTransport, httpTransport, serverUrl, type Transport } from "./transport.ts";
import { wrongUsage } from "./usage.ts";

export interface SourceView {
  id: string;
  name: string;
  kind: SourceKind;
  enabled: boolean;
  maxEventsPerSecond: number | null;
  createdAt: string;
}

export interface TimelineView {
  messageId: string;
  source: string;
  type: string;
  event: string | null;
  occurredAt: string;
}

export interface QueryView {
  columns: { name: string; type: string }[];
  rows: (string | number | boolean | null)[][];
  truncated: boolean;
  elapsedMs: number;
  asOf: string;
}

export interface SearchView {
  items: SearchItemView[];
  next: string | null;
  total: { value: number; exact: boolean };
  suggestions: string[];
  asOf: string;
}

/** The platform as a verb sees it, over HTTP or opened in this process: the same answers either way. */
export interface Connection extends CorrectionCalls, ReviewCalls, BackupCalls, RulesCalls, PlansCalls, RejectsCalls {
  readonly via: "http" | "direct";
  profile(type: string, value: string): Promise<ProfileView>;
  search(wanted: { q: string; limit: number; source?: string }): Promise<SearchView>;
  timeline(profileId: string, limit: number): Promise<TimelineView[]>;
  identity(profileId: string): Promise<IdentityView>;
  why(a: string, b: string): Promise<WhyView>;
  fate(messageId: string, source?: string): Promise<FateView>;
  query(sql: string, limit: number): Promise<QueryView>;
  /** At most 10,000 calls and 16 MiB; durable when it resolves. 429 and 503 are the caller's to retry. */
  submit(source: string, calls: readonly JsonObject[]): Promise<SubmitAnswer>;
  sources(): Promise<SourceView[]>;
  createSource(wanted: { id: string; name?: string; kind: string }): Promise<{ source: SourceView; writeKey: string }>;
  rotateWriteKey(id: string): Promise<{ source: SourceView; writeKey: string }>;
  changeSource(id: string, change: SourceChange): Promise<SourceView>;
  tokens(): Promise<{ id: string; name: string; createdAt: string }[]>;
  createToken(name: string): Promise<{ id: string; name: string; token: string }>;
  revokeToken(id: string): Promise<void>;
  status(): Promise<PlatformStatus & ServerProgress & { reviews: { asOf: string | null; waiting: number | null } }>;
  operations(): Promise<OperationsView>;
  /**
   * Resolves when everything accepted so far is decided and followed: queries hold it. Problem 503 `follower_stalled`
   * when that does not come; `onWait` is told before, who is behind.
   */
  drained(onWait?: (message: string) => void): Promise<void>;
  close(): Promise<void>;
}

/** `--url`, `--token`, `--data-dir`. */
export interface ConnectionFlags {
  url?: string | undefined;
  token?: string | undefined;
  dataDir?: string | undefined;
}

/**
 * API.md's rule: the server of `--url` or `C360_URL`; else the server that holds the data directory; else the
 * directory itself. `mayCreate`: the verb makes sense in an empty directory.
 */
export async function connect(
  io: CliIo,
  flags: ConnectionFlags,
  options: { mayCreate?: boolean } = {},
): Promise<Connection> {
  const given = flags.url ?? io.env["C360_URL"];
  if (given !== undefined && given !== "") {
    const token = flags.token ?? io.env["C360_API_TOKEN"];
    if (token === undefined || token === "") {
      throw wrongUsage("A server's address is given, but no API token.", "Add --token TOKEN, or set C360_API_TOKEN.");
    }
    return overHttp(io, serverUrl(given), token);
  }
  const settings = readSettings(io.env, { dataDir: flags.dataDir });
  const holder = findServer(settings.dataDir);
  if (holder !== null) {
    const token = flags.token ?? readCliToken(settings.dataDir) ?? settings.apiToken;
    return overHttp(io, urlOf(holder, settings.dataDir), tokenOr(token, settings.dataDir));
  }
  if (options.mayCreate !== true && !existsSync(settings.dataDir)) {
    throw new Problem(404, "data_dir_missing", `There is no data at ${settings.dataDir}, and no server holds it.`, {
      hint: "Start one with: c360 serve. Or name the directory with --data-dir, or a server with --url.",
    });
  }
  return openedDirectly(io, settings);
}

/** The running server's address without asking for a token: what sends with a write key needs no other. */
export function findUrl(io: CliIo, flags: ConnectionFlags): string {
  const given = flags.url ?? io.env["C360_URL"];
  if (given !== undefined && given !== "") return serverUrl(given);
  const { dataDir } = readSettings(io.env, { dataDir: flags.dataDir });
  const holder = findServer(dataDir);
  if (holder !== null) return urlOf(holder, dataDir);
  throw new Problem(503, "server_not_found", "A write key goes through a server, and none is running here.", {
    hint: "Start one with: c360 serve. Or name one with --url, or send as a source with --source.",
  });
}

function urlOf(holder: { pid: number; url: string | null }, dataDir: string): string {
  if (holder.url !== null) return serverUrl(holder.url);
  throw new Problem(409, "data_dir_in_use", `${dataDir} is in use by process ${holder.pid}, which serves no address.`, {
    hint: "It may be starting, importing or rebuilding: try again when it is done.",
  });
}

function tokenOr(token: string | null, dataDir: string): string {
  if (token !== null) return token;
  throw new Problem(401, "not_signed_in", `A server holds ${dataDir}, but its cli.token cannot be read.`, {
    hint: "Run this as the user who runs the server, or give --token.",
  });
}

function overHttp(io: CliIo, url: string, token: string): Connection {
  const transport = httpTransport(url, token);
  const verbs = verbsOver(transport);
  return {
    via: "http",
    ...verbs,
    drained: (onWait = () => undefined) => followedUp(verbs.status, io.sleep, onWait),
    close: async () => {},
  };
}

async function openedDirectly(io: CliIo, settings: ReturnType<typeof readSettings>): Promise<Connection> {
  const [{ openPlatform }, { createApi }] = await Promise.all([io.loadRuntime(), import("../api/server.ts")]);
  const platform = await openPlatform(settings);
  try {
    // What a crash left in the log counts before anything is answered.
    await platform.drained();
    const token = randomBytes(24).toString("base64url");
    const app = await createApi(platform.services, { administratorToken: token });
    return {
      via: "direct",
      ...verbsOver(directTransport(app, token)),
      submit: (source, calls) => platform.services.submit(source, calls),
      drained: () => platform.drained(),
      close: async () => {
        await app.close();
        await platform.close();
      },
    };
  } catch (error) {
    await platform.close();
    throw error;
  }
}

const enc = encodeURIComponent;

function verbsOver(send: Transport): Omit<Connection, "via" | "drained" | "close"> {
  const get = (path: string) => send({ method: "GET", path });
  const allPages = async <Item>(path: string): Promise<Item[]> => {
    const items: Item[] = [];
    let after: string | null = null;
    do {
      const answer = await get(`${path}?limit=1000${after === null ? "" : `&after=${enc(after)}`}`);
      const page = answer as { items: Item[]; next: string | null };
      items.push(...page.items);
      after = page.next;
    } while (after !== null);
    return items;
  };
  // The shapes are the API's own, held by its tests.
  return {
    profile: async (type, value) =>
      (await send({ method: "POST", path: "/api/profiles/lookup", body: { type, value } })) as ProfileView,
    search: async (wanted) =>
      (await send({ method: "POST", path: "/api/profiles/search", body: wanted })) as SearchView,
    timeline: async (id, limit) =>
      ((await get(`/api/profiles/id/${enc(id)}/events?limit=${limit}`)) as { items: TimelineView[] }).items,
    identity: async (id) => (await get(`/api/profiles/id/${enc(id)}/identity`)) as IdentityView,
    why: async (a, b) => (await get(`/api/identity/why?a=${enc(a)}&b=${enc(b)}`)) as WhyView,
    ...correctionCalls(send),
    ...reviewCalls(send),
    ...backupCalls(send),
    ...rulesCalls(send),
    ...plansCalls(send),
    ...rejectsCalls(send),
    fate: async (messageId, source) =>
      (await get(`/api/events/${enc(messageId)}${source === undefined ? "" : `?source=${enc(source)}`}`)) as FateView,
    query: async (sql, limit) =>
      (await send({ method: "POST", path: "/api/query", body: { sql, limit } })) as QueryView,
    submit: async (source, calls) =>
      (await send({ method: "POST", path: `/api/imports/${enc(source)}`, body: { calls } })) as SubmitAnswer,
    sources: () => allPages<SourceView>("/api/sources"),
    createSource: async (wanted) =>
      (await send({ method: "POST", path: "/api/sources", body: wanted })) as { source: SourceView; writeKey: string },
    rotateWriteKey: async (id) =>
      (await send({ method: "POST", path: `/api/sources/${enc(id)}/rotate` })) as {
        source: SourceView;
        writeKey: string;
      },
    changeSource: async (id, body) =>
      (await send({ method: "PATCH", path: `/api/sources/${enc(id)}`, body })) as SourceView,
    tokens: () => allPages<{ id: string; name: string; createdAt: string }>("/api/tokens"),
    createToken: async (name) =>
      (await send({ method: "POST", path: "/api/tokens", body: { name } })) as {
        id: string;
        name: string;
        token: string;
      },
    revokeToken: async (id) => {
      await send({ method: "DELETE", path: `/api/tokens/${enc(id)}` });
    },
    operations: async () => (await get("/api/operations")) as OperationsView,
    status: async () => (await get("/api/status")) as Awaited<ReturnType<Connection["status"]>>,
  };
}
