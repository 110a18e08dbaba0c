import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { peopleOver } from "../../../src/adapters/embedded/state/people.ts";
import { openStateReader } from "../../../src/adapters/embedded/state/schema.ts";
import { openStateStore } from "../../../src/adapters/embedded/state/stateStore.ts";
import { FaultyHttp, unavailable } from "../../../src/adapters/aws/faultyHttp.fake.ts";
import { createRawLake, type RawLake } from "../../../src/adapters/aws/rawLog/standIn.fake.ts";
import { problemOf, range } from "../../../src/buffer/numberedRecords.ts";
import { defaultIdentityRules } from "../../../src/identity/index.ts";
import { createIngestionLoop, recordsAt } from "../../../src/ingestion/index.ts";
import type { AcceptedEvent } from "../../../src/model/event.ts";
import { profileReads } from "../../../src/profiles/index.ts";
import { accepted, foldingHarness, hash, homeCurrency, messagesInMemory, stored } from "../../pipelineHarness.ts";
import { withStandIn } from "../withStandIn.ts";

const people = 30;
const claimMs = 1_000;

/** Visits of people who sign in, some on two devices: their fragments come together late. */
function events(): AcceptedEvent[] {
  return range(0, 300).map((n) => {
    const person = n % people;
    const device = `anonymous_id:device-${person}-${Math.floor(n / people) % 2}`;
    const isKnown = n % 7 === 0 || n % 11 === 0;
    const body = { type: "identify", traits: { city: `City ${n % 13}`, plan: `plan ${n % 3}` } } as const;
    return accepted({
      messageId: `m-${n}`,
      occurredAt: Date.UTC(2026, 0, 1) + n * 60_000,
      identifiers: isKnown ? [device, `email:person-${person}@example.com`] : [device],
      ...(n % 5 === 0 ? { type: "identify", event: null, body } : {}),
    });
  });
}

/** Batches out of order, some twice, by writers at once; one writer dies with its number. */
async function fill(lake: RawLake, all: readonly AcceptedEvent[]): Promise<void> {
  const records = all.map((event) => stored(event, 0));
  const shuffled = [...records, ...records.slice(40, 110)].sort((a, b) => (a.message < b.message ? -1 : 1));
  const batches = range(0, Math.ceil(shuffled.length / 9)).map((at) => shuffled.slice(at * 9, at * 9 + 9));
  const dying = new FaultyHttp();
  dying.plan = (operation) => (operation === "PutObject" ? unavailable : null);
  await lake.open().append(batches[0] ?? []);
  const writing = batches.slice(1).map((batch) => lake.open().append(batch));
  await problemOf(lake.open(dying).append(records.slice(0, 3)));
  await Promise.all(writing);
}

withStandIn("ministack", (endpoint) => {
  describe("Promise 10: the embedded edition's ingestion over the raw lake", () => {
    it("comes to the same profiles, while it is written, out of order, with copies and a hole", async () => {
      const lake = await createRawLake(endpoint);
      const folder = await mkdtemp(join(tmpdir(), "c360-loop-"));
      const file = join(folder, "state.sqlite");
      const store = openStateStore({ file, hash, foldedWith: {} });
      const [log, reader, lookups] = [lake.open(undefined, { claimMs }), lake.openReader(), lake.openReader()];
      const decided = { records: 0, processed: 0, duplicates: 0 };
      const troubles: unknown[] = [];
      const loop = await createIngestionLoop({
        log: reader,
        store,
        messages: messagesInMemory(),
        recordsAt: (positions) => recordsAt(lookups, positions),
        hash,
        rules: defaultIdentityRules,
        homeCurrency,
        now: () => 0,
        onDecided: (_, records, outcome) => {
          decided.records += records;
          decided.processed += outcome.processed;
          decided.duplicates += outcome.duplicates;
        },
        onTrouble: (error) => troubles.push(error),
        sleep: async () => {
          throw troubles.at(-1);
        },
      });
      const all = events();
      const state = { isWritten: false };
      const filling = fill(lake, all).finally(() => (state.isWritten = true));
      while (!state.isWritten || decided.records < all.length + 70) await loop.run(await log.end());
      await filling;
      expect(decided).toEqual({ records: 370, processed: 300, duplicates: 70 });
      // The hole may have been the last that was waited for.
      const end = await log.end();
      await loop.run(end);
      expect(await store.position()).toBe(end);

      const expected = await foldingHarness();
      await expected.deliver(all);
      const database = openStateReader(file);
      const found = profileReads({ people: peopleOver(database, hash), hash, homeCurrency });
      for (const person of range(0, people)) {
        const profile = await found.byIdentifier("email", `person-${person}@example.com`);
        expect(profile).not.toBeNull();
        expect(JSON.stringify(profile)).toBe(
          JSON.stringify(await expected.profile("email", `person-${person}@example.com`)),
        );
      }
      database.close();
      await expected.close();
      await store.close();
      for (const each of [log, reader, lookups]) await each.close();
      lake.dispose();
      await rm(folder, { recursive: true, force: true });
    });
  });
});
