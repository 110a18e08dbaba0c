import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { fatesOver } from "../adapters/embedded/state/fates.ts";
import { openStateReader } from "../adapters/embedded/state/schema.ts";
import { openStateStore } from "../adapters/embedded/state/stateStore.ts";
import type { StoredRecord } from "../buffer/eventBuffer.ts";
import { defaultIdentityRules } from "../identity/index.ts";
import type { AcceptedEvent } from "../model/event.ts";
import type { Position } from "../model/position.ts";
import { Problem } from "../model/problem.ts";
import { decidedElsewhere } from "../storage/decidedElsewhere.ts";
import { StateForbidden } from "../storage/stateForbidden.ts";
import type { IdentityAndProfiles } from "../storage/identityAndProfiles.ts";
import type { MessageIndex } from "../storage/messageIndex.ts";
import { accepted, hash, homeCurrency, messagesInMemory, stored } from "../../test/pipelineHarness.ts";
import { createIngestionLoop, type IngestionLoop } from "./loop.ts";
import type { BatchOutcome } from "./pipeline.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const diskFull = Object.assign(new Error("database or disk is full"), { code: "ERR_SQLITE_ERROR", errcode: 13 });

interface Stage {
  loop: IngestionLoop;
  store: IdentityAndProfiles;
  messages: MessageIndex;
  /** Milliseconds that were slept. */
  slept: number[];
  troubles: unknown[];
  decided: { position: Position; records: number; outcome: BatchOutcome }[];
  fates: ReturnType<typeof fatesOver>;
  counted(): { events: number; persons: number };
  /** A loop as after a restart, over the same stores. */
  again(): Promise<IngestionLoop>;
}

interface Faults {
  store?: (store: IdentityAndProfiles) => Partial<IdentityAndProfiles>;
  messages?: (messages: MessageIndex) => Partial<MessageIndex>;
  onSleep?: (stage: Stage) => void;
  mostRefolded?: number;
}

/** The real pipeline over the real state store, with faults laid over it. */
async function stageOver(records: readonly StoredRecord[], faults: Faults = {}): Promise<Stage> {
  const directory = mkdtempSync(join(tmpdir(), "c360-loop-"));
  const file = join(directory, "state.sqlite");
  const store = openStateStore({ file, hash, foldedWith: {} });
  const reader = openStateReader(file);
  cleanups.push(async () => {
    reader.close();
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const messages = messagesInMemory();
  const faulty = { ...store, ...faults.store?.(store) };
  const faultyMessages = { ...messages, ...faults.messages?.(messages) };
  const start = (): Promise<IngestionLoop> =>
    createIngestionLoop({
      log: {
        read: async (from, until) => ({ records: records.slice(from, until), next: Math.min(until, records.length) }),
        at: async (position) => records[position] ?? null,
        close: async () => undefined,
      },
      store: faulty,
      messages: faultyMessages,
      recordsAt: async (positions) => new Map(positions.map((at) => [at, records[at] as StoredRecord])),
      hash,
      rules: defaultIdentityRules,
      homeCurrency,
      ...(faults.mostRefolded === undefined ? {} : { mostRefolded: faults.mostRefolded }),
      now: () => 0,
      onDecided: (position, count, outcome) => stage.decided.push({ position, records: count, outcome }),
      onTrouble: (error) => stage.troubles.push(error),
      sleep: async (ms) => {
        stage.slept.push(ms);
        if (stage.slept.length > 50) throw new Error("it goes round in circles");
        faults.onSleep?.(stage);
      },
    });
  const stage: Stage = {
    loop: { run: async () => undefined, position: () => 0, stop: () => undefined },
    store,
    messages,
    slept: [],
    troubles: [],
    decided: [],
    fates: fatesOver(reader),
    counted: () => {
      const spans = reader.prepare("SELECT spans FROM fragments").all();
      const counts = spans.flatMap((row) => JSON.parse(String(row["spans"])) as [string, number][]);
      const persons = reader.prepare("SELECT count(*) AS n FROM persons").get();
      return { events: counts.reduce((sum, [, count]) => sum + count, 0), persons: Number(persons?.["n"]) };
    },
    again: start,
  };
  stage.loop = await start();
  return stage;
}

function events(count: number): AcceptedEvent[] {
  return Array.from({ length: count }, (_, n) => accepted({ messageId: `m${n}`, identifiers: [`user_id:u${n}`] }));
}
function logOf(list: readonly AcceptedEvent[]): StoredRecord[] {
  return list.map(stored);
}
/** Fails the first `times` calls, before or after they have been done. */
function failing<A extends unknown[], R>(
  real: (...args: A) => Promise<R>,
  { times = 1, done = false, error = diskFull }: { times?: number; done?: boolean; error?: Error } = {},
): (...args: A) => Promise<R> {
  let left = times;
  return async (...args) => {
    if (left === 0) return real(...args);
    left -= 1;
    if (done) await real(...args);
    throw error;
  };
}

/** What the state cannot hold, or the pipeline cannot fold, though the gateway's like never writes it. */
const poisons: [string, Partial<AcceptedEvent>][] = [
  ["a time between two milliseconds (the state's own constraint)", { occurredAt: 1_767_225_600_000.5 }],
  ["identifiers that are none", { identifiers: null as never }],
  ["no source at all", { source: undefined as never, occurredAt: 0.5 }],
  ["a time beyond every number", { occurredAt: 1e300 }],
];

describe("a record that cannot be processed", () => {
  it.each(poisons)("is refused alone, with a reason, and holds up nobody: %s", async (_what, poison) => {
    const list = events(11);
    list[6] = { ...(list[6] as AcceptedEvent), ...poison };
    const records = logOf(events(11)).map((record, n) =>
      n === 6 ? { ...record, payload: Buffer.from(JSON.stringify({ v: 1, ...list[6] })) } : record,
    );
    const stage = await stageOver(records);
    await stage.loop.run(11);
    expect(await stage.store.position()).toBe(11);
    expect(stage.counted()).toEqual({ events: 10, persons: 10 });
    expect(await stage.fates.counts()).toEqual({ processed: 10, rejected: 1, duplicates: 0 });
    const refused = await stage.fates.rejectionOf((records[6] as StoredRecord).message);
    expect(refused).toMatchObject({ position: 6, reason: { code: "record_unprocessable" } });
    expect(stage.slept).toEqual([]);
    expect(stage.decided.reduce((sum, { records: count }) => sum + count, 0)).toBe(11);
    // A restart decides nothing of it again, and the id that was refused is free.
    await (await stage.again()).run(11);
    expect(await stage.fates.counts()).toEqual({ processed: 10, rejected: 1, duplicates: 0 });
    expect(await stage.messages.firstPositions(records.map(({ message }) => message))).toEqual(
      records.map(({ position }) => (position === 6 ? null : position)),
    );
  });

  it("several in one batch are each found", async () => {
    const list = events(16).map((event, n) => (n % 5 === 0 ? { ...event, occurredAt: n + 0.5 } : event));
    const stage = await stageOver(logOf(list));
    await stage.loop.run(16);
    expect(await stage.fates.counts()).toEqual({ processed: 12, rejected: 4, duplicates: 0 });
  });

  it("does not go round in circles where even its refusal is not taken", async () => {
    const refusing = new Problem(422, "decision_refused", "never");
    const stage = await stageOver(logOf(events(2)), {
      store: () => ({
        commit: async () => {
          throw refusing;
        },
      }),
      onSleep: ({ loop, slept }) => slept.length === 4 && loop.stop(),
    });
    await stage.loop.run(2);
    expect(stage.slept).toEqual([100, 200, 400, 800]);
    expect(await stage.store.position()).toBe(0);
  });
});

describe("trouble with the store", () => {
  it.each([
    ["a full disk", diskFull],
    ["a lock", Object.assign(new Error("database is locked"), { code: "ERR_SQLITE_ERROR", errcode: 5 })],
    ["the file system", Object.assign(new Error("EIO"), { code: "EIO" })],
    ["LevelDB", Object.assign(new Error("IO error"), { code: "LEVEL_IO_ERROR" })],
  ])("is waited out, and no event is refused for it: %s", async (_what, error) => {
    const stage = await stageOver(logOf(events(5)), {
      store: (store) => ({ commit: failing(store.commit, { times: 9, error }) }),
    });
    await stage.loop.run(5);
    expect(stage.slept).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
    expect(stage.troubles).toEqual(Array.from({ length: 9 }, () => error));
    expect(await stage.fates.counts()).toEqual({ processed: 5, rejected: 0, duplicates: 0 });
    expect(stage.counted()).toEqual({ events: 5, persons: 5 });
  });

  it("of a reading kind is waited out too", async () => {
    const stage = await stageOver(logOf(events(3)), {
      store: (store) => ({ fragments: failing(store.fragments), identifiers: failing(store.identifiers) }),
      messages: (messages) => ({ firstPositions: failing(messages.firstPositions) }),
    });
    await stage.loop.run(3);
    expect(await stage.fates.counts()).toEqual({ processed: 3, rejected: 0, duplicates: 0 });
  });
});

describe("a decision stands", () => {
  const outcome = { processed: 4, rejected: 0, duplicates: 0 };

  it.each<[string, Faults]>([
    ["its answer was lost", { store: (store) => ({ commit: failing(store.commit, { done: true }) }) }],
    [
      "its answer was lost, with an error that looks like the content's",
      { store: (store) => ({ commit: failing(store.commit, { done: true, error: new Error("lost") }) }) },
    ],
    [
      "its answer was lost, and the store cannot be asked for a while",
      {
        store: (store) => {
          let failures = 0;
          return {
            commit: failing(store.commit, { done: true }),
            position: async () => {
              // The first call is the start's.
              failures += 1;
              if (failures > 1 && failures < 5) throw diskFull;
              return store.position();
            },
          };
        },
      },
    ],
    [
      "the message index took nothing",
      { messages: (messages) => ({ remember: failing(messages.remember, { times: 3 }) }) },
    ],
    [
      "the message index lost its answer",
      { messages: (messages) => ({ remember: failing(messages.remember, { done: true }) }) },
    ],
  ])("though %s: it is made once, and its messages are known", async (_what, faults) => {
    const records = logOf(events(4));
    const stage = await stageOver(records, faults);
    await stage.loop.run(4);
    expect(stage.decided).toMatchObject([{ position: 4, records: 4, outcome }]);
    expect(await stage.fates.counts()).toEqual(outcome);
    expect(stage.counted()).toEqual({ events: 4, persons: 4 });
    expect(await stage.messages.firstPositions(records.map(({ message }) => message))).toEqual([0, 1, 2, 3]);
  });

  it("and the same messages again, with more of the same people, count once after it", async () => {
    const list = events(4);
    const more = list.map((event) => ({ ...event, messageId: `${event.messageId}-more` }));
    const stage = await stageOver(logOf([...list, ...list, ...more]), {
      store: (store) => ({ commit: failing(store.commit, { done: true }) }),
    });
    await stage.loop.run(4);
    await stage.loop.run(12);
    expect(await stage.fates.counts()).toEqual({ processed: 8, rejected: 0, duplicates: 4 });
    expect(stage.counted()).toEqual({ events: 8, persons: 4 });
  });
});

describe("a batch that has more folded anew than can be held", () => {
  it("is decided in parts, with the same result and no trouble", async () => {
    const onTablet = (n: number, at: number, ...more: string[]) =>
      accepted({ messageId: `t${n}`, identifiers: ["device_id:t", ...more], occurredAt: at });
    const first = [
      onTablet(0, 1_000, "user_id:ada"),
      ...Array.from({ length: 20 }, (_, n) => onTablet(n + 1, 2_000 + n)),
    ];
    const late = [onTablet(21, 2_005, "user_id:bo"), onTablet(22, 2_010, "user_id:cy"), ...events(2)];
    const told = async (mostRefolded?: number) => {
      const stage = await stageOver(logOf([...first, ...late]), mostRefolded === undefined ? {} : { mostRefolded });
      await stage.loop.run(first.length);
      const before = stage.decided.length;
      await stage.loop.run(first.length + late.length);
      const { position } = stage.decided.at(-1) ?? { position: 0 };
      const numbers = Array.from({ length: 20 }, (_, n) => n + 1);
      return {
        counted: stage.counted(),
        troubles: stage.troubles,
        position,
        fragments: [...Map.groupBy(await stage.store.fragmentsOf(numbers), ({ person }) => person).values()]
          .map(({ length }) => length)
          .sort((one, other) => one - other),
        batches: stage.decided.length - before,
      };
    };
    const [whole, apart] = [await told(), await told(5)];
    expect(whole).toMatchObject({ batches: 1, troubles: [], position: 25 });
    expect(apart.batches).toBeGreaterThan(1);
    expect({ ...apart, batches: 1 }).toEqual(whole);
  });
});

describe("a writer that is overtaken", () => {
  it("while its own commit failed says so, and decides nothing on what the other one has decided", async () => {
    let asked = 0;
    const late = await stageOver(logOf(events(6)), {
      store: () => ({
        commit: async () => {
          throw diskFull;
        },
        position: async () => (asked++ === 0 ? 0 : 3),
      }),
    });
    await expect(late.loop.run(6)).rejects.toMatchObject({ code: "decided_elsewhere" });
    expect(late.counted()).toEqual({ events: 0, persons: 0 });
  });

  it.each([decidedElsewhere(), new StateForbidden("AccessDeniedException")])(
    "or may not use the state, ends where it asks what stands: %s",
    async (final) => {
      let asked = 0;
      const late = await stageOver(logOf(events(6)), {
        store: () => ({
          commit: async () => {
            throw diskFull;
          },
          position: async () => {
            if (asked++ > 0) throw final;
            return 0;
          },
        }),
      });
      await expect(late.loop.run(6)).rejects.toBe(final);
      expect(late.slept).toEqual([]);
    },
  );

  it("ends with the reason, refuses no event and decides none twice", async () => {
    const late = await stageOver(logOf(events(6)), {
      store: () => ({
        commit: async () => {
          throw new Problem(409, "decided_elsewhere", "another process has decided");
        },
      }),
    });
    await expect(late.loop.run(6)).rejects.toMatchObject({ code: "decided_elsewhere" });
    expect(late.slept).toEqual([]);
    expect(await late.fates.counts()).toEqual({ processed: 0, rejected: 0, duplicates: 0 });
  });
});

describe("a stop", () => {
  it("while it waits ends it at once; a new start goes on from what is decided", async () => {
    const stage = await stageOver(logOf(events(6)), {
      store: (store) => ({ commit: failing(store.commit, { times: 2 }) }),
      onSleep: ({ loop }) => loop.stop(),
    });
    await stage.loop.run(6);
    expect(stage.slept).toEqual([100]);
    expect(await stage.store.position()).toBe(0);
    const again = await stage.again();
    await again.run(6);
    expect(await stage.fates.counts()).toEqual({ processed: 6, rejected: 0, duplicates: 0 });
    expect(stage.counted()).toEqual({ events: 6, persons: 6 });
  });

  it("in the middle of a batch that is taken apart leaves a prefix, and nothing is decided twice", async () => {
    const list = events(8);
    list[6] = { ...(list[6] as AcceptedEvent), occurredAt: 0.5 };
    let loop: IngestionLoop | null = null;
    const stage = await stageOver(logOf(list), {
      store: (store) => ({
        commit: async (decision) => {
          await store.commit(decision);
          loop?.stop();
        },
      }),
    });
    loop = stage.loop;
    await loop.run(8);
    // The first half stands; the second was not begun.
    expect(await stage.store.position()).toBe(4);
    loop = null;
    await (await stage.again()).run(8);
    expect(await stage.store.position()).toBe(8);
    expect(await stage.fates.counts()).toEqual({ processed: 7, rejected: 1, duplicates: 0 });
    expect(stage.counted()).toEqual({ events: 7, persons: 7 });
  });
});
