import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withStandIn } from "../../../test/aws/withStandIn.ts";
import {
  accepted,
  corrected,
  foldingHarness,
  hash,
  homeCurrency,
  linked,
  published,
  stored,
} from "../../../test/pipelineHarness.ts";
import { runs } from "../../../test/runs.ts";
import { broken, FaultyHttp, throttled, unavailable } from "../../adapters/aws/faultyHttp.fake.ts";
import { dynamoDbClient } from "../../adapters/aws/serviceClients.ts";
import { planViolationsOver, sourceActivityOver } from "../../adapters/aws/state/counters.ts";
import { deciderLease } from "../../adapters/aws/state/deciderLease.ts";
import { fatesOver } from "../../adapters/aws/state/fates.ts";
import { openDynamoMessageIndex } from "../../adapters/aws/state/messageIndex.ts";
import { peopleOver } from "../../adapters/aws/state/people.ts";
import { snapshotsOf } from "../../adapters/aws/state/snapshots.ts";
import { openDynamoState } from "../../adapters/aws/state/stateStore.ts";
import { clientOf, createStateTable, stateParts } from "../../adapters/aws/state/stateTable.fake.ts";
import { fatesOver as embeddedFates } from "../../adapters/embedded/state/fates.ts";
import { planViolationsOver as embeddedViolations } from "../../adapters/embedded/state/planViolations.ts";
import { openStateReader } from "../../adapters/embedded/state/schema.ts";
import { sourceActivityOver as embeddedActivity } from "../../adapters/embedded/state/sourceActivity.ts";
import type { StoredRecord } from "../../buffer/eventBuffer.ts";
import { defaultIdentityRules, identityReads } from "../../identity/index.ts";
import { day, events, start } from "../../ingestion/smallWorld.fake.ts";
import { sharedEvents } from "../../ingestion/tenancyWorld.fake.ts";
import type { LogRecord } from "../../model/event.ts";
import type { PlanViolation } from "../../model/trackingPlan.ts";
import { retentionRecordOf } from "../../model/retention.ts";
import { composeProfile } from "../../profiles/index.ts";
import type { Fates } from "../../storage/fates.ts";
import type { PlanViolations } from "../../storage/planViolations.ts";
import type { SourceActivities } from "../../storage/sourceActivity.ts";
import { runDecider, type DeciderOutcome, type DeciderParts } from "./decider.ts";

const at = Date.UTC(2026, 5, 1);

/** Merges, shared devices, orders, refunds, repetitions, refusals, what people and linkages say, other rules, and a beginning that is kept no longer. */
const history: fc.Arbitrary<LogRecord[]> = fc
  .tuple(events, sharedEvents, fc.array(fc.nat(99), { maxLength: 4 }), fc.array(fc.nat(99), { maxLength: 2 }))
  .chain(([one, other, again, refusals]) => {
    const all: LogRecord[] = [...one, ...other.map((event) => ({ ...event, messageId: `s${event.messageId}` }))];
    return fc.shuffledSubarray(all, { minLength: all.length }).map((shuffled) => {
      const records: LogRecord[] = shuffled.map((event, index) => (index % 4 === 0 ? breaking(event, index) : event));
      const insert = (percent: number, record: LogRecord): void =>
        void records.splice(Math.floor((percent * records.length) / 100), 0, record);
      for (const which of again) insert(which, shuffled[which % shuffled.length] as LogRecord);
      for (const where of refusals) insert(where, refused(`m${where % 7}`));
      insert(20, corrected("different", "user_id:u0", "email:e0@example.com", { id: "c1" }));
      insert(40, linked("probable", "user_id:u1", "email:e3@example.com", { id: "l1" }));
      insert(60, published({ ...defaultIdentityRules, sharedDeviceLogins: 3 }, 2));
      const end = Math.floor(records.length * 0.8);
      records.splice(end, 0, retentionRecordOf({ from: 0, end, until: end >> 1 }, at));
      return records;
    });
  });

function breaking(event: LogRecord, index: number): LogRecord {
  const violations: PlanViolation[] = [{ kind: "wrong_type", path: `properties.p${index % 3}` }];
  return event.status === "accepted" ? { ...event, plan: { version: (index % 2) + 1, violations } } : event;
}

function refused(messageId: string): LogRecord {
  const reason = { code: "missing_user", message: "nobody is named" };
  return { status: "rejected", source: "web", sourceKind: "web", messageId, receivedAt: at, reason, body: "{}" };
}

interface Edition {
  records: StoredRecord[];
  /** What was told as tried again. */
  troubles: unknown[];
  run(more?: Partial<DeciderParts>): Promise<DeciderOutcome>;
  http: FaultyHttp;
  people: ReturnType<typeof peopleOver>;
  counted(): Promise<string>;
  persons(): Promise<number>;
}

async function editionOn(endpoint: string): Promise<Edition> {
  const client = clientOf(endpoint, undefined, 3);
  const table = await createStateTable(client);
  const http = new FaultyHttp();
  const ownClient = () => dynamoDbClient({ endpoint, region: "us-east-1", credentials: access, requestHandler: http });
  const records: StoredRecord[] = [];
  const troubles: unknown[] = [];
  const log: DeciderParts["log"] = {
    read: async (from, until, most) => {
      const found = records.slice(from, Math.min(until, from + most));
      return { records: found, next: from + found.length };
    },
    at: async (position) => records[position] ?? null,
    close: async () => undefined,
  };
  let owners = 0;
  const run: Edition["run"] = ({ now = () => 0, ...more } = {}) =>
    runDecider({
      lease: deciderLease(
        { ...stateParts(ownClient(), table), now },
        {
          owner: `decider ${(owners += 1)}`,
          holdMs: 3e4,
        },
      ),
      log,
      hash,
      homeCurrency,
      rules: defaultIdentityRules,
      end: async () => records.length,
      openState: () => openDynamoState(stateParts(ownClient(), table)),
      openMessages: async (store) =>
        openDynamoMessageIndex({
          ...stateParts(ownClient(), table),
          log,
          decided: await store.position(),
          keptFrom: (await store.kept()).from,
          notProcessed: store.notProcessed,
        }),
      now,
      remainingMs: () => 6e4,
      sleep: async (ms, signal) => await sleep(ms, undefined, { signal }).catch(() => undefined),
      onTrouble: (error) => troubles.push(error),
      ...more,
    });
  const snapshot = snapshotsOf(stateParts(client, table));
  return {
    records,
    troubles,
    run,
    http,
    people: peopleOver(snapshot, hash),
    counted: () => told(fatesOver(snapshot), sourceActivityOver(snapshot), planViolationsOver(snapshot)),
    persons: async () => {
      const store = await openDynamoState(stateParts(clientOf(endpoint), table));
      const { persons } = await (await store.everybody()).counts();
      await store.close();
      return persons;
    },
  };
}

const access = { accessKeyId: "standin", secretAccessKey: "standin" };

/** Fates and counters, as text. */
async function told(fates: Fates, activities: SourceActivities, violations: PlanViolations): Promise<string> {
  const rejections = { source: null, cause: null, onlyOpen: false, before: null, limit: 1_000 };
  const listed = { source: "web", version: null, after: null, limit: 1_000 };
  return JSON.stringify([
    await fates.counts(),
    await fates.rejections(rejections),
    await fates.causes({ source: null, onlyOpen: false, after: null, limit: 1_000 }),
    await fates.duplicatesIn(0, 1_000, 1_000),
    await activities.all(start + 3 * day),
    await activities.minutes(start + 3 * day, 1_440),
    await violations.list({ ...listed, order: "newest" }),
    await violations.list({ ...listed, order: "frequent" }),
  ]);
}

/** Of the same records, the embedded edition's people and those of DynamoDB, with why they are who they are. */
async function expectEqual(edition: Edition, records: readonly LogRecord[]): Promise<void> {
  const embedded = await foldingHarness();
  try {
    await embedded.deliver(records, [3, 1, 5]);
    const profiles = await embedded.profiles();
    const identity = identityReads({ people: edition.people, hash, rules: defaultIdentityRules });
    expect(await edition.persons()).toBe(profiles.length);
    for (const profile of profiles) {
      const record = await edition.people.byProfileId(profile.id);
      const found = record === null ? null : composeProfile({ ...record, hash, homeCurrency });
      expect(JSON.stringify(found)).toBe(JSON.stringify(profile));
      expect(JSON.stringify(await identity.of(profile.id))).toBe(
        JSON.stringify(await embedded.identity.of(profile.id)),
      );
    }
    const reader = openStateReader(embedded.file);
    const counted = await told(embeddedFates(reader), embeddedActivity(reader), embeddedViolations(reader));
    reader.close();
    expect(JSON.parse(await edition.counted())).toEqual(JSON.parse(counted));
  } finally {
    await embedded.close();
  }
}

withStandIn("ministack", (endpoint) => {
  describe("Promise 10: the embedded edition and AWS behave alike", () => {
    it("the same records give the same people, byte for byte, whatever the batches", async () => {
      const property = fc.assert(
        fc.asyncProperty(
          history,
          fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }),
          async (records, sizes) => {
            const edition = await editionOn(endpoint);
            for (let turn = 0; edition.records.length < records.length; turn += 1) {
              const from = edition.records.length;
              const more = records.slice(from, from + (sizes[turn % sizes.length] ?? 1));
              edition.records.push(...more.map((record, index) => stored(record, from + index)));
              expect(await edition.run()).toBe("caughtUp");
            }
            expect(edition.troubles).toEqual([]);
            await expectEqual(edition, records);
          },
        ),
        { numRuns: runs(25) },
      );
      await expect(property).resolves.toBeUndefined();
    }, 600_000);

    it("throttling, 5xx, lost answers and killed invocations all along change nothing of what comes out", async () => {
      const [records = []] = fc.sample(history, { numRuns: 1, seed: 7 });
      const edition = await editionOn(endpoint);
      edition.records.push(...records.map((record, index) => stored(record, index)));
      const faults = [throttled, broken, "lost", unavailable] as const;
      let requests = 0;
      const killed = new Error("killed");
      for (let after = 40; ; after += 70) {
        let left = after;
        edition.http.plan = () => {
          left -= 1;
          if (left < 0) throw killed;
          requests += 1;
          return requests % 7 === 0 ? (faults[(requests / 7) % faults.length] ?? null) : null;
        };
        // One that is killed tries no more: its time is over.
        const remainingMs = (): number => (left < 0 ? 0 : 6e4);
        const outcome = await edition.run({ now: () => after * 100_000, remainingMs }).catch(() => "killed");
        expect(["caughtUp", "outOfTime", "killed"]).toContain(outcome);
        if (outcome === "caughtUp") break;
      }
      edition.http.plan = () => null;
      await expectEqual(edition, records);
    });

    it("of many at once one decides, the others are told, and one whose time is over leaves the rest", async () => {
      const [records = []] = fc.sample(history, { numRuns: 1, seed: 11 });
      const edition = await editionOn(endpoint);
      edition.records.push(...records.map((record, index) => stored(record, index)));
      expect(await edition.run({ remainingMs: () => 1_000 })).toBe("outOfTime");
      const outcomes = await Promise.all(Array.from({ length: 50 }, () => edition.run()));
      expect(outcomes).toContain("caughtUp");
      expect(new Set(outcomes)).toEqual(new Set(["caughtUp", "held"]));
      await expectEqual(edition, records);
    });

    it("a batch costs a few round trips to read, and three writes a new customer", async () => {
      const edition = await editionOn(endpoint);
      const people = 1_000;
      const records = Array.from({ length: people }, (_, n) =>
        accepted({ messageId: `m${n}`, identifiers: [`user_id:u${n}`], occurredAt: start + n }),
      );
      edition.records.push(...records.map((record, index) => stored(record, index)));
      await edition.run();
      const { operations } = edition.http;
      const count = (operation: string): number => operations.filter((each) => each === operation).length;
      expect(count("PutItem")).toBeLessThan(3.1 * people);
      expect(count("BatchWriteItem")).toBeLessThan(1.2 * (people / 25));
      expect(operations.length - count("PutItem") - count("BatchWriteItem")).toBeLessThan(people / 8);
      expect(await edition.persons()).toBe(people);
    });

    it("without the lease racing deciders give one result all the same", async () => {
      const [records = []] = fc.sample(history, { numRuns: 1, seed: 13 });
      const edition = await editionOn(endpoint);
      edition.records.push(...records.map((record, index) => stored(record, index)));
      const free = { take: async () => true, give: async () => undefined };
      const outcomes = await Promise.all(Array.from({ length: 8 }, () => edition.run({ lease: free })));
      expect(outcomes.every((each) => each === "caughtUp" || each === "overtaken")).toBe(true);
      expect(await edition.run()).toBe("caughtUp");
      await expectEqual(edition, records);
    });

    it("one that another has overtaken decides nothing of what that one did", async () => {
      const [records = []] = fc.sample(history, { numRuns: 1, seed: 17 });
      const edition = await editionOn(endpoint);
      edition.records.push(...records.map((record, index) => stored(record, index)));
      const free = { take: async () => true, give: async () => undefined };
      const half = records.length >> 1;
      let asked = 0;
      // It looks for more, and stalls until another one has decided all of it.
      const end = async (): Promise<number> => {
        asked += 1;
        if (asked === 1) return half;
        if (asked === 2) expect(await edition.run({ lease: free })).toBe("caughtUp");
        return records.length;
      };
      expect(await edition.run({ lease: free, end })).toBe("overtaken");
      await expectEqual(edition, records);
    });
  });
});
