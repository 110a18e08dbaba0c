import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EventBufferReader, StoredRecord } from "../../../buffer/eventBuffer.ts";
import { rulesHash, type IdentityRules } from "../../../identity/index.ts";
import { pairName } from "../../../model/correction.ts";
import type { AcceptedEvent, JsonObject, LogRecord } from "../../../model/event.ts";
import { identifierKey } from "../../../model/identifier.ts";
import type { OrderFigures } from "../../../model/order.ts";
import type { Profile } from "../../../model/profile.ts";
import { rulesSource } from "../../../model/rulesVersion.ts";
import type { LinkedRun } from "../../../storage/corrections.ts";
import type { Change, Decided, FeedEntry, FollowedProfile, Seen, SmallChange } from "../../../storage/followed.ts";
import type { StoredRules } from "../../../storage/identityAndProfiles.ts";

/** For tests: a log and decided state in memory, which a test fills and which may fail on purpose. */
export class FakeFollowed {
  readonly #records: StoredRecord[] = [];
  readonly #skipped = new Set<number>();
  #feed: FeedEntry[] = [];
  #feedId = "feed-1";
  /** In the order in which they first came, as the store numbers them. */
  readonly #numbers = new Map<string, number>();
  #lastNumber = 0;
  readonly #profiles = new Map<string, FollowedProfile>();
  readonly #orders = new Map<string, OrderFigures>();
  #version = 0;
  /** As they were published, in the order of the log. */
  readonly rules: StoredRules[] = [];
  readonly linkedRuns: LinkedRun[] = [];
  /** Names of pairs that are no question. */
  readonly settled = new Set<string>();
  /** Called before each read; a throw is the fault. */
  fault: (call: "log" | "profiles" | "orders") => void = () => undefined;

  append(fragment: string, record: LogRecord, fate: "processed" | "not processed" = "processed"): number {
    return this.appendBytes(fragment, Buffer.from(JSON.stringify(record)), fate);
  }

  appendBytes(fragment: string, payload: Uint8Array, fate: "processed" | "not processed" = "processed"): number {
    const position = this.#records.length;
    this.#records.push({ position, fragment, message: "m".repeat(16), payload });
    if (fate === "not processed") this.#skipped.add(position);
    return position;
  }

  setProfile(
    id: string,
    state: (Pick<FollowedProfile, "profile" | "fragments"> & Partial<FollowedProfile>) | null,
    cause?: SmallChange,
  ): void {
    if (state === null) this.#profiles.delete(id);
    else this.#profiles.set(id, { ...state, ties: state.ties ?? [], parts: state.parts ?? [] });
    this.#changed({ kind: "profile", id }, state === null, cause);
  }

  setOrder(key: string, order: OrderFigures | null): void {
    if (order === null) this.#orders.delete(key);
    else this.#orders.set(key, order);
    this.#changed({ kind: "order", id: key }, order === null);
  }

  #changed(change: Change, isGone: boolean, cause?: SmallChange): void {
    const name = JSON.stringify(change);
    if (isGone) this.#numbers.delete(name);
    else if (!this.#numbers.has(name)) this.#numbers.set(name, ++this.#lastNumber);
    this.#feed.push({ version: ++this.#version, ...change, ...(cause === undefined ? {} : { cause }) });
  }

  /** Records before it are kept no longer. */
  keptFrom = 0;

  /** Rules hold from here on; nobody changes by it. */
  publish(rules: IdentityRules): void {
    const document = JSON.parse(JSON.stringify(rules)) as JsonObject;
    const number = this.rules.length + 2;
    const id = `r_${number}`;
    const record = { status: "rules", source: rulesSource, messageId: id } as const;
    const position = this.appendBytes(fragmentNamed("rules"), Buffer.from(JSON.stringify(record)));
    const said = { by: "t1", reason: "to see", receivedAt: 0 };
    this.rules.push({ position, id, number, hash: rulesHash(document), document, ...said });
  }

  /** Entries up to `version` go. */
  prune(version: number): void {
    this.#feed = this.#feed.filter((entry) => entry.version > version);
  }

  feedVersion(): number {
    return this.#version;
  }

  /** The state is made anew: the same content, another feed. */
  makeAnew(): void {
    this.#feedId += "+";
    this.#feed = [];
    this.#version = 0;
    for (const name of this.#numbers.keys()) {
      this.#feed.push({ version: ++this.#version, ...(JSON.parse(name) as Change) });
    }
  }

  #everything(after: string, limit: number): { changes: Change[]; next: string | null } {
    const rest = [...this.#numbers].filter(([, number]) => number > Number(after)).slice(0, limit);
    const last = rest.length === limit ? rest.at(-1)?.[1] : undefined;
    return {
      changes: rest.map(([name]) => JSON.parse(name) as Change),
      next: last === undefined ? null : String(last),
    };
  }

  reader(): EventBufferReader {
    return {
      read: async (from, until, maxRecords) => {
        this.fault("log");
        const records = this.#records.slice(from, Math.min(until, from + maxRecords));
        return { records, next: from + records.length };
      },
      at: async (position) => this.#records[position] ?? null,
      close: async () => undefined,
    };
  }

  decided(): Decided {
    return {
      keptFrom: () => this.keptFrom,
      head: () => ({ position: this.#records.length, feedVersion: this.#version }),
      notProcessed: (from, until) => new Set([...this.#skipped].filter((at) => at >= from && at < until)),
      feed: (after, limit, only) => ({
        feed: this.#feedId,
        prunedUntil: (this.#feed[0]?.version ?? this.#version + 1) - 1,
        head: this.#version,
        entries: this.#feed
          .filter(({ version, cause }) => version > after && !(only === "changes" && cause !== undefined))
          .slice(0, limit),
      }),
      everything: (after, limit) => this.#everything(after, limit),
      profiles: (ids) => {
        this.fault("profiles");
        return new Map(ids.map((id) => [id, this.#profiles.get(id) ?? null]));
      },
      activity: (ids) =>
        new Map(
          ids.map((id) => {
            const all = [...this.#profiles.values()];
            const found = all.find(({ profile }) => profile.id === id || profile.retiredIds.includes(id));
            if (found === undefined) return [id, null];
            const { profile, fragments } = found;
            const seen = { firstSeenAt: Date.parse(profile.firstSeenAt), lastSeenAt: Date.parse(profile.lastSeenAt) };
            return [id, { ...profile, ...seen, recordCount: fragments.length }];
          }),
        ),
      seen: (ids) => {
        this.fault("profiles");
        return new Map(ids.map((id) => [id, seenIn(this.#profiles.get(id))]));
      },
      orders: (keys) => {
        this.fault("orders");
        return new Map(keys.map((key) => [key, this.#orders.get(key) ?? null]));
      },
      rules: () => this.rules.at(-1) ?? null,
      rulesAt: (position) => {
        const until = this.rules.find((each) => each.position >= position)?.position;
        const rules = this.rules.findLast((each) => each.position < position) ?? null;
        return { rules, until: until === undefined ? null : until + 1 };
      },
      linkedRuns: () => this.linkedRuns,
      settled: (pairs) => pairs.map((pair) => this.settled.has(pairName(pair))),
      close: () => undefined,
    };
  }
}

function seenIn(found: { profile: Profile; fragments: string[] } | undefined): Seen | null {
  if (found === undefined) return null;
  const { profile, fragments } = found;
  return {
    firstSeenAt: Date.parse(profile.firstSeenAt),
    lastSeenAt: Date.parse(profile.lastSeenAt),
    eventCount: profile.computed.eventCount,
    fragments,
    identifiers: profile.identifiers.map((each) => ({
      key: identifierKey(each),
      firstAt: Date.parse(each.firstSeenAt),
      lastAt: Date.parse(each.lastSeenAt),
    })),
  };
}

/** A fragment id with a given first letter (its bucket is the letter's place in base64url, divided by 4). */
export function fragmentNamed(name: string): string {
  return name.padEnd(16, "0").slice(0, 16);
}

export function eventOf(given: Partial<AcceptedEvent> & { messageId: string }): AcceptedEvent {
  const occurredAt = given.occurredAt ?? Date.UTC(2026, 0, 15, 12);
  return {
    status: "accepted",
    source: "web",
    sourceKind: "web",
    type: "track",
    event: "Product Viewed",
    receivedAt: occurredAt + 1_000,
    occurredAt,
    originalTimestamp: null,
    flags: [],
    identifiers: ["anonymous_id:a1", "user_id:u1"],
    aliasOf: [],
    body: { properties: {}, context: {} },
    ...given,
  };
}

export function profileOf(id: string, revenue: number, traits: Profile["traits"] = {}): Profile {
  const at = "2026-01-15T12:00:00.000Z";
  return {
    id,
    identifiers: [{ type: "email", value: `${id}@example.com`, firstSeenAt: at, lastSeenAt: at, sources: ["web"] }],
    traits,
    computed: {
      eventCount: 3,
      orderCount: 1,
      refundCount: 0,
      revenue: { amount: revenue, currency: "GBP" },
      revenueByCurrency: { GBP: revenue },
      averageOrderValue: { GBP: revenue },
      firstOrderAt: at,
      lastOrderAt: at,
      daysBetweenOrders: null,
      favouriteCategory: null,
      favouriteChannel: null,
      rfm: { lastOrderAt: at, frequency: 1, monetary: { amount: revenue, currency: "GBP" } },
    },
    consents: {},
    firstSeenAt: at,
    lastSeenAt: at,
    sources: ["web"],
    retiredIds: [],
  };
}

export function orderOf(orderId: string, ownerFragment: string, given: Partial<OrderFigures> = {}): OrderFigures {
  const occurredAt = given.occurredAt ?? Date.UTC(2026, 0, 15, 12);
  const grossMinor = given.grossMinor ?? 1_000;
  const refundedMinor = given.refundedMinor ?? 0;
  return {
    orderId,
    ownerFragment,
    channel: "web",
    occurredAt,
    currency: "GBP",
    grossMinor,
    refundedMinor,
    netMinor: grossMinor - refundedMinor,
    refundCount: refundedMinor === 0 ? 0 : 1,
    isSale: true,
    lines: [
      {
        sku: "S1",
        name: "Cup",
        category: "Kitchen",
        quantity: 2,
        priceMinor: grossMinor / 2,
        valueMinor: grossMinor,
        kind: "sale",
        occurredAt,
      },
    ],
    ...given,
  };
}

/** A directory that the test's end removes. */
export function temporaryDirectory(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "c360-analytics-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
