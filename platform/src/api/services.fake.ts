import type { JsonObject } from "../model/event.ts";
import { Problem } from "../model/problem.ts";
import type { Profile, TraitHistory } from "../model/profile.ts";
import type { Source } from "../model/source.ts";
import type { AccessStore } from "../storage/access.ts";
import type { ProfileSearch, SearchEntry, SearchQuery } from "../storage/profileSearch.ts";
import type { Analytics, TimelineEvent, TimelineQuery } from "../storage/timeline.ts";
import { fakeBackups } from "./backups.fake.ts";
import { fakeOperations } from "./operations.fake.ts";
import { fakeCorrections } from "./corrections.fake.ts";
import { fakePlans, type FakePlans } from "./plans.fake.ts";
import { fakeLinkage, fakeReviews } from "./reviews.fake.ts";
import { fakeRejections, fakeReplays, type FakeReplays } from "./rejections.fake.ts";
import { fakeRules, type FakeRules } from "./rules.fake.ts";
import type { EdgeView, FateView, HouseholdView, Services } from "./services.ts";

/** Services over plain memory for tests of what calls them: the API's routes and the command line. */
export interface FakeServices extends Services {
  readonly corrections: ReturnType<typeof fakeCorrections>;
  readonly reviews: ReturnType<typeof fakeReviews>;
  readonly linkage: ReturnType<typeof fakeLinkage>;
  readonly backups: ReturnType<typeof fakeBackups>;
  readonly rules: FakeRules;
  readonly replays: FakeReplays;
  readonly plans: FakePlans;
  readonly token: string;
  readonly replayed: { messageId: string; corrected: JsonObject | null }[];
  readonly submitted: { source: string; call: JsonObject }[];
  /** The next call of any service throws it. */
  failWith: unknown;
  ready: boolean;
  readonly timelineQueries: TimelineQuery[];
  readonly searchQueries: SearchQuery[];
}

export const noon = Date.UTC(2026, 10, 24, 12);
const at = new Date(noon).toISOString();

export const ada: Profile = {
  id: "p_AAAAAAAAAAAAAAAA",
  identifiers: [
    { type: "email", value: "ada@example.com", firstSeenAt: at, lastSeenAt: at, sources: ["crm", "web"] },
    { type: "user_id", value: "ada", firstSeenAt: at, lastSeenAt: at, sources: ["web"] },
  ],
  traits: { firstName: { value: "Ada", source: "crm", messageId: "m1", occurredAt: at } },
  computed: {
    eventCount: 41,
    orderCount: 3,
    refundCount: 1,
    revenue: { amount: 12_345, currency: "GBP" },
    revenueByCurrency: { GBP: 12_345, JPY: 900 },
    averageOrderValue: { GBP: 4_115 },
    firstOrderAt: at,
    lastOrderAt: at,
    daysBetweenOrders: 31.5,
    favouriteCategory: "Books",
    favouriteChannel: null,
    rfm: { lastOrderAt: at, frequency: 3, monetary: { amount: 12_345, currency: "GBP" } },
  },
  consents: { "marketing.email": { status: "granted", source: "web", occurredAt: at } },
  firstSeenAt: at,
  lastSeenAt: at,
  sources: ["crm", "web"],
  retiredIds: ["p_BBBBBBBBBBBBBBBB"],
};

export const lovelaces: HouseholdView = {
  id: "h_1AAAAAAAAAAAAAAAA",
  kind: "address",
  members: [
    { id: ada.id, displayName: "Ada", shares: ["address"] },
    { id: "p_CCCCCCCCCCCCCCCC", displayName: "Byron", shares: ["address"] },
  ],
  shared: [{ kind: "address", value: "12 St James's Square", members: [ada.id, "p_CCCCCCCCCCCCCCCC"] }],
  isWhole: true,
  explanation: "2 people of one household: 2 share one address. Each is a person of their own.",
};

export const adaTraits: TraitHistory[] = [
  {
    name: "firstName",
    values: [
      { value: "Ada", source: "crm", messageId: "m1", occurredAt: at },
      { value: "A.", source: "web", messageId: "m0", occurredAt: at },
    ],
  },
];

export const edge: EdgeView = {
  from: "email:ada@example.com",
  to: "user_id:ada",
  rule: "seen_together",
  kind: "same",
  confidence: 1,
  source: "web",
  messageId: "m1",
  occurredAt: at,
  lastOccurredAt: at,
  count: 7,
  status: "active",
  reason: null,
};

export const timeline: TimelineEvent[] = Array.from({ length: 12 }, (_, index) => ({
  messageId: `m${index}`,
  source: "web",
  sourceKind: "web",
  type: "track",
  event: "Product Viewed",
  occurredAt: noon - index * 1_000,
  receivedAt: noon,
  identifier: index === 0 ? null : { type: "user_id", value: "ada" },
  properties: { sku: `s${index}` },
  context: {},
}));

function fakeAccess(token: string): AccessStore {
  const sources = new Map<string, Source>([
    ["web", { id: "web", name: "Web shop", kind: "web", enabled: true, maxEventsPerSecond: null, createdAt: noon }],
  ]);
  const tokens = new Map([["t1", { id: "t1", name: "automation", createdAt: noon, token }]]);
  let made = 0;
  const sourceOf = (id: string): Source => {
    const source = sources.get(id);
    if (source === undefined) throw new Problem(404, "source_not_found", "There is no such source.");
    return source;
  };
  return {
    sources: async () => [...sources.values()],
    createSource: async ({ id, name, kind, writeKey }) => {
      if (sources.has(id)) throw new Problem(409, "source_exists", "There is a source of this id.", { field: "id" });
      const source = { id, name: name ?? id, kind, enabled: true, maxEventsPerSecond: null, createdAt: noon };
      sources.set(id, source);
      return { source, writeKey: writeKey ?? `wk_${id}_${++made}` };
    },
    rotateWriteKey: async (id) => ({ source: sourceOf(id), writeKey: `wk_${id}_${++made}` }),
    changeSource: async (id, change) => {
      const source = { ...sourceOf(id), ...change };
      sources.set(id, source);
      return source;
    },
    sourceOfWriteKey: async () => null,
    tokens: async () => [...tokens.values()].map(({ id, name, createdAt }) => ({ id, name, createdAt })),
    createToken: async (name) => {
      const id = `t${++made + 1}`;
      tokens.set(id, { id, name, createdAt: noon, token: `tok_${id}_${"x".repeat(16)}` });
      return { id, token: `tok_${id}_${"x".repeat(16)}` };
    },
    revokeToken: async (id) => {
      if (!tokens.delete(id)) throw new Problem(404, "token_not_found", "There is no such token.");
    },
    idOfToken: async (shown) => [...tokens.values()].find((known) => known.token === shown)?.id ?? null,
    isToken: async (shown) => [...tokens.values()].some((known) => known.token === shown),
    close: async () => {},
  };
}

function fakeAnalytics(timelineQueries: TimelineQuery[]): Analytics {
  return {
    timeline: async (query) => {
      timelineQueries.push(query);
      const from = Number(query.after ?? 0);
      const items = timeline.slice(from, from + query.limit);
      return { items, next: from + items.length < timeline.length ? String(from + items.length) : null, asOf: noon };
    },
    query: async (sql, limit) => {
      if (!/^select/i.test(sql)) {
        throw new Problem(422, "query_refused", "Only one SELECT is taken.", { hint: "Begin with SELECT." });
      }
      const rows = [
        ["web", 974_774_793, true],
        ['po"s, Leeds', -5, null],
      ].slice(0, limit);
      return {
        columns: [
          { name: "channel", type: "VARCHAR" },
          { name: "net_minor", type: "BIGINT" },
          { name: "ok", type: "BOOLEAN" },
        ],
        rows,
        truncated: rows.length < 2,
        elapsedMs: 3,
        asOf: noon,
      };
    },
    caughtUp: async () => {},
    // Always caught up.
    status: async () => ({ position: 1, feedVersion: 1, asOf: Date.now() + 60_000 }),
    close: async () => {},
  };
}

export const adaEntry: SearchEntry = {
  id: ada.id,
  displayName: "Ada",
  names: ["Ada"],
  city: "London",
  identifiers: ada.identifiers.map(({ type, value }) => ({ type, value })),
  contacts: [],
  sources: ada.sources,
  recordCount: 2,
  orderCount: 3,
  revenue: ada.computed.revenue,
  consents: { "marketing.email": "granted" },
  firstSeenAt: noon,
  lastSeenAt: noon,
};

/** Finds Ada by anything but `nobody`, and others without words. */
function fakeSearch(searchQueries: SearchQuery[]): ProfileSearch {
  const all = Array.from({ length: 1_200 }, (_, at) => ({ ...adaEntry, id: `p_${at}`, displayName: `=Ada "${at}"` }));
  return {
    search: async (query) => {
      searchQueries.push(query);
      if (query.q === "nobody") {
        return { items: [], next: null, total: { value: 0, exact: true }, suggestions: ["somebody"], asOf: noon };
      }
      if (query.q !== undefined) {
        const matched = [{ field: "name", value: "Ada", kind: "exact" as const }];
        const items = [{ entry: adaEntry, matched }];
        return { items, next: null, total: { value: 1, exact: true }, suggestions: [], asOf: noon };
      }
      const from = Number(query.after ?? 0);
      const items = all.slice(from, from + query.limit).map((entry) => ({ entry, matched: [] }));
      const next = from + items.length < all.length ? String(from + items.length) : null;
      return { items, next, total: { value: all.length, exact: true }, suggestions: [], asOf: noon };
    },
    caughtUp: async () => {},
    status: async () => ({ profiles: 1, feedVersion: 1, asOf: Date.now() + 60_000 }),
    close: async () => {},
  };
}

function isAda(id: string): boolean {
  return id === ada.id || ada.retiredIds.includes(id);
}

async function fakeFate(messageId: string, source: string | null): Promise<FateView | null> {
  if (messageId === "twice" && source === null) {
    throw new Problem(409, "message_id_ambiguous", "Two sources used this messageId.", { hint: "Add ?source=." });
  }
  if (messageId === "unknown") return null;
  return {
    fate: "processed",
    reason: null,
    source: source ?? "web",
    messageId,
    receivedAt: at,
    processedAt: at,
    profileId: ada.id,
    duplicates: 0,
    differs: false,
    planViolations: null,
    event: { type: "track" },
  };
}

function fakeReplay(
  replayed: { messageId: string; corrected: JsonObject | null }[],
): Pick<Services, "replay" | "sourceHealth"> {
  return {
    replay: async (messageId, source, corrected) => {
      if (messageId === "m1") throw new Problem(409, "event_processed", "It was taken.", { hint: "Nothing to do." });
      replayed.push({ messageId, corrected });
      return fakeFate(messageId, source);
    },
    sourceHealth: async () => (source) => ({
      asOf: at,
      lastEventAt: source === "web" ? at : null,
      lastRejectedAt: null,
      last5Minutes: { accepted: 3, rejected: 0 },
      last24Hours: { accepted: 9, rejected: 1 },
      total: { accepted: 9, rejected: 1 },
    }),
  };
}

const fakeIdentity: Services["identity"] = {
  of: async (id) =>
    isAda(id)
      ? {
          identifiers: [{ identifier: "email:ada@example.com", decision: "ordinary", reason: null }],
          edges: [edge],
          devices: [
            {
              device: "device_id:tablet",
              spans: [
                { from: null, until: "2026-05-03T10:00:00.000Z", login: "user_id:ada" },
                { from: "2026-05-03T10:00:00.000Z", until: null, login: "user_id:ben" },
              ],
              spansLeftOut: 0,
            },
          ],
          devicesLeftOut: 0,
        }
      : null,
  why: async (a, b) => ({
    a,
    b,
    samePerson: b === "user_id:ada",
    profileIds: [ada.id, b === "user_id:ada" ? ada.id : null],
    path: b === "user_id:ada" ? [edge] : [],
    refused: b === "user_id:ada" ? [] : [{ ...edge, status: "refused", reason: "one user_id a person" }],
    explanation: b === "user_id:ada" ? "They were seen together." : "They never met.",
  }),
};

function fakeSubmit(services: () => FakeServices): Services["submit"] {
  return async (source, calls) => {
    const { failWith, submitted } = services();
    if (failWith !== null) throw failWith;
    const rejected = calls.flatMap((call, index) =>
      typeof call["type"] === "string" ? [] : [{ index, code: "type_missing", message: "has no type", field: "type" }],
    );
    for (const call of calls) if (typeof call["type"] === "string") submitted.push({ source, call });
    return { accepted: calls.length - rejected.length, rejected };
  };
}

export function fakeServices(): FakeServices {
  const replayed: FakeServices["replayed"] = [];
  const token = "tok_0123456789abcdef";
  const timelineQueries: TimelineQuery[] = [];
  const searchQueries: SearchQuery[] = [];
  const access = fakeAccess(token);
  const fake: FakeServices = {
    token,
    submitted: [],
    replayed,
    failWith: null,
    ready: true,
    timelineQueries,
    searchQueries,
    access,
    plans: fakePlans(access, noon),
    analytics: fakeAnalytics(timelineQueries),
    search: fakeSearch(searchQueries),
    profiles: {
      byIdentifier: async (type, value) => {
        if (fake.failWith !== null) throw fake.failWith;
        return ada.identifiers.some((one) => one.type === type && one.value === value.toLowerCase()) ? ada : null;
      },
      byId: async (id) => (isAda(id) ? ada : null),
      fragmentsOf: async (id) => (isAda(id) ? ["f1", "f2"] : null),
      householdOf: async (id) => (isAda(id) ? { id: lovelaces.id, people: 2 } : null),
      traitValues: async (id) => (isAda(id) ? { items: adaTraits, isWhole: true, asOf: noon } : null),
    },
    households: { byId: async (id) => (id === lovelaces.id ? lovelaces : null) },
    identity: fakeIdentity,
    corrections: fakeCorrections(ada, noon),
    reviews: fakeReviews(ada, noon),
    linkage: fakeLinkage(noon),
    backups: fakeBackups(at),
    rules: fakeRules(noon),
    fateOf: fakeFate,
    keptSince: async () => null,
    rejections: fakeRejections(at),
    replays: fakeReplays(at),
    ...fakeReplay(replayed),
    submit: fakeSubmit(() => fake),
    stream: { subscribe: ({ sink }) => sink().end() },
    status: async () => ({
      ready: fake.ready,
      pendingRecords: 0,
      acceptedRecords: 12,
      processedRecords: 12,
      version: "0.1.0",
    }),
    operations: async () => fakeOperations(at),
    metrics: async () => "# TYPE c360_accepted_total counter\nc360_accepted_total 12\n",
  };
  return fake;
}
