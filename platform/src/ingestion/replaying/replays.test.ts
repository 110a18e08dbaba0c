import fc from "fast-check";
import type { DatabaseSync } from "node:sqlite";
import { afterEach, describe, expect, it } from "vitest";
import { fatesOver } from "../../adapters/embedded/state/fates.ts";
import { openStateReader } from "../../adapters/embedded/state/schema.ts";
import { acceptCall, type AcceptOptions } from "../../gateway/accept.ts";
import type { JsonObject } from "../../model/event.ts";
import { messageKeyOf } from "../../model/keyedHash.ts";
import { Problem } from "../../model/problem.ts";
import type { Source } from "../../model/source.ts";
import type { Fates } from "../../storage/fates.ts";
import type { ReplayJob } from "../../storage/replays.ts";
import { foldingHarness, hash, type Folding } from "../../../test/pipelineHarness.ts";
import { runs } from "../../../test/runs.ts";
import { replayClaims } from "./claims.ts";
import { replayService, type ReplayService, type ReplayServiceParts } from "./replays.ts";

const noon = Date.UTC(2026, 5, 1, 12);
const web: Source = { id: "web", name: "Web", kind: "web", enabled: true, maxEventsPerSecond: null, createdAt: 0 };
const naming = { operations: [{ op: "set", path: "/event", value: "Seen", onlyIfMissing: true }] };

interface World {
  folding: Folding;
  fates: Fates;
  /** What would be on the disk. */
  kept: Map<string, ReplayJob>;
  /** Messages in the order in which they were sent. */
  sent: string[];
  start(more?: Partial<ReplayServiceParts>): ReplayService;
  refuse(calls: readonly JsonObject[], as?: "import" | "live"): Promise<void>;
  causes(): ReturnType<Fates["causes"]>;
  close(): Promise<void>;
}

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});

function optionsOf(as: "import" | "live"): AcceptOptions {
  const [maxEventBytes, allowGuests] = as === "live" ? [32_768, false] : [1_000_000, true];
  return { maxEventBytes, allowGuests, newMessageId: () => "made", mayBeUnstorable: true };
}

/** The real pipeline and state, with what the gateway accepts delivered to them at once. */
async function world(): Promise<World> {
  const folding = await foldingHarness();
  const reader: DatabaseSync = openStateReader(folding.file);
  const fates = fatesOver(reader);
  const kept = new Map<string, ReplayJob>();
  const sent: string[] = [];
  let made = 0;
  const judge = (calls: readonly JsonObject[], as: "import" | "live") =>
    calls.map((call) => acceptCall(call, web, { at: noon }, optionsOf(as)));
  const deliver = async (calls: readonly JsonObject[], as: "import" | "live" = "live"): Promise<void> => {
    await folding.deliver(judge(calls, as).map(({ record }) => record));
  };
  const parts: ReplayServiceParts = {
    store: {
      put: async (job) => void kept.set(job.id, structuredClone(job)),
      all: async () => [...kept.values()].toReversed().map((job) => structuredClone(job)),
    },
    fates,
    log: folding.log,
    hash,
    claims: replayClaims(),
    sourceOf: async (id) => {
      if (id !== "web") throw new Problem(404, "source_not_found", "there is no such source");
      return web;
    },
    judge: (_source, calls, as) =>
      judge(calls, as).flatMap(({ record }, index) =>
        record.status === "rejected" ? [{ index, ...record.reason }] : [],
      ),
    submit: async (_source, calls, as) => {
      sent.push(...calls.map(idOfCall));
      await deliver(calls, as);
    },
    decided: async () => undefined,
    sleep: (ms) => (ms > 1_000 ? new Promise(() => undefined) : new Promise((resolve) => setImmediate(resolve))),
    end: () => Number.MAX_SAFE_INTEGER,
    now: () => noon + ++made,
    newId: () => `rp_${++made}`,
  };
  const close = async (): Promise<void> => {
    reader.close();
    await folding.close();
  };
  return {
    folding,
    fates,
    kept,
    sent,
    // Claims live as long as a process.
    start: (more = {}) => replayService({ ...parts, claims: replayClaims(), ...more }),
    refuse: deliver,
    causes: () => fates.causes({ source: null, onlyOpen: false, after: null, limit: 100 }),
    close,
  };
}

async function opening(): Promise<World> {
  const made = await world();
  opened.push(made.close);
  return made;
}

const nameless = (n: number, more: JsonObject = {}): JsonObject => ({
  type: "track",
  messageId: `m${n}`,
  userId: "ada",
  timestamp: "2026-03-01T10:00:00.000Z",
  ...more,
});
const many = (count: number): JsonObject[] => Array.from({ length: count }, (_, n) => nameless(n));

async function countOfAda({ folding }: World): Promise<number> {
  return (await folding.profile("user_id", "ada"))?.computed.eventCount ?? 0;
}

describe("a dry run", () => {
  it("counts what would be taken and why the rest would not, shows before and after, and sends nothing", async () => {
    const one = await opening();
    await one.refuse([...many(30), nameless(90, { userId: "" })]);
    const [cause] = await one.causes();
    const tried = await one.start().start({ cause: cause?.id, transformation: naming, dryRun: true }, "t1");
    expect(tried).toMatchObject({ status: "done", dryRun: true, total: 31, accepted: 30, refused: 1, skipped: 0 });
    expect(tried.refusals).toEqual([{ code: "user_missing", message: expect.any(String), field: "userId", count: 1 }]);
    const [first] = tried.examples;
    expect(first?.before).not.toHaveProperty("event");
    expect(first?.after).toMatchObject({ event: "Seen", messageId: "m0", timestamp: "2026-03-01T10:00:00.000Z" });
    expect(tried.examples.filter(({ reason }) => reason === null)).toHaveLength(5);
    expect([one.sent, one.kept.size, await countOfAda(one)]).toEqual([[], 0, 0]);
    expect((await one.causes())[0]).toMatchObject({ open: 31 });
  });
});

describe("a replay", () => {
  it("of a cause takes what can be taken, once, at its own time, and leaves the rest open", async () => {
    const one = await opening();
    await one.refuse([...many(450), nameless(900, { userId: "" })]);
    const [cause] = await one.causes();
    const service = one.start();
    const done = await service.start({ cause: cause?.id, transformation: naming }, "t1");
    expect(done).toMatchObject({ status: "done", total: 451, accepted: 450, refused: 1, skipped: 0, by: "t1" });
    expect(await countOfAda(one)).toBe(450);
    expect((await one.folding.profile("user_id", "ada"))?.firstSeenAt).toBe("2026-03-01T10:00:00.000Z");
    expect((await one.causes())[0]).toMatchObject({ count: 451, open: 1 });
    const again = await service.start({ cause: cause?.id, transformation: naming }, "t1");
    expect(again).toMatchObject({ total: 1, accepted: 0, refused: 1 });
    expect(new Set(one.sent).size).toBe(one.sent.length);
    expect((await service.list({ before: null, limit: 1 })).items).toMatchObject([{ id: again.id }]);
  });

  it("of some messages takes those, and skips what is not open", async () => {
    const one = await opening();
    await one.refuse(many(5));
    const service = one.start();
    const wanted = { source: "web", messageIds: ["m1", "m3", "m3", "unknown"], transformation: naming };
    expect(await service.start(wanted, "t1")).toMatchObject({ total: 3, accepted: 2, skipped: 1 });
    expect(await service.start(wanted, "t1")).toMatchObject({ total: 3, accepted: 0, skipped: 3 });
    expect(one.sent).toEqual(["m1", "m3"]);
  });

  it("goes the way that a call came by: guests of imports are taken, those of the web are not", async () => {
    const one = await opening();
    const guest = { type: "track", properties: {} };
    await one.refuse([{ ...guest, messageId: "till" }], "import");
    await one.refuse([{ ...guest, messageId: "visitor" }], "live");
    const wanted = { source: "web", messageIds: ["till", "visitor"], transformation: naming };
    const done = await one.start().start(wanted, "t1");
    expect(done).toMatchObject({ accepted: 1, refused: 1, refusals: [{ code: "user_missing" }] });
  });

  it("uses the copy that was refused last", async () => {
    const one = await opening();
    await one.refuse([nameless(1, { properties: { first: true } })]);
    await one.refuse([nameless(1, { properties: { first: false }, event: 7 })]);
    const causes = await one.causes();
    expect(causes.map(({ open }) => open)).toEqual([1, 0]);
    const replaced = causes.find(({ open }) => open === 0);
    const service = one.start();
    expect(await service.start({ cause: replaced?.id, transformation: naming }, "t1")).toMatchObject({
      total: 0,
      accepted: 0,
    });
    const operations = [{ op: "set", path: "/event", value: "Seen" }];
    await service.start({ cause: causes[0]?.id, transformation: { operations } }, "t1");
    const states = (
      await one.fates.rejections({ source: null, cause: null, onlyOpen: false, before: null, limit: 9 })
    ).map(({ state }) => state);
    expect(states).toEqual(["mended", "mended"]);
    expect(await countOfAda(one)).toBe(1);
  });

  it("says what is wrong with what is asked", async () => {
    const one = await opening();
    await one.refuse(many(1));
    const service = one.start();
    const code = (wanted: Parameters<ReplayService["start"]>[0]) =>
      service.start(wanted, "t1").catch((error: Problem) => error.code);
    expect(await code({})).toBe("replay_of_what");
    expect(await code({ cause: "rc_x", source: "web" })).toBe("replay_of_what");
    expect(await code({ source: "web", messageIds: [] })).toBe("replay_of_what");
    expect(await code({ cause: "rc_x" })).toBe("rejection_cause_not_found");
    expect(await code({ source: "none", messageIds: ["m1"] })).toBe("source_not_found");
    expect(await code({ source: "web", messageIds: ["m1"], transformation: {} })).toBe("invalid_transformation");
    await expect(service.find("rp_0")).rejects.toMatchObject({ code: "replay_not_found" });
  });
});

describe("a replay beside others", () => {
  it("passes over what was mended between its look and its claim", async () => {
    const one = await opening();
    await one.refuse(many(3));
    const [cause] = await one.causes();
    let isFirst = true;
    const fates: Fates = {
      ...one.fates,
      openIn: async (wanted) => {
        const rows = await one.fates.openIn(wanted);
        if (isFirst) await one.refuse([nameless(0, { event: "Seen" })]);
        isFirst = false;
        return rows;
      },
    };
    const done = await one.start({ fates }).start({ cause: cause?.id, transformation: naming }, "t1");
    expect(done).toMatchObject({ status: "done", total: 3, accepted: 2, skipped: 1 });
    expect(one.sent).toEqual(["m1", "m2"]);
  });
});

describe("stopping and going on", () => {
  it("stops after what was sent, and goes on with the rest", async () => {
    const one = await opening();
    await one.refuse(many(500));
    const [cause] = await one.causes();
    let service: ReplayService | null = null;
    const stopping: Partial<ReplayServiceParts> = {
      submit: async (_source, calls) => {
        one.sent.push(...calls.map(idOfCall));
        await one.refuse(calls);
        if (one.sent.length === 60) void service?.stop(idOf(one));
      },
    };
    service = one.start(stopping);
    const begun = await service.start({ cause: cause?.id, transformation: naming }, "t1");
    const stopped = await service.find(begun.id);
    expect(stopped).toMatchObject({ status: "stopped", accepted: 60, endedAt: expect.any(Number) });
    await expect(service.resume("rp_none")).rejects.toMatchObject({ code: "replay_not_found" });
    const done = await one.start().resume(begun.id);
    expect(done).toMatchObject({ status: "done", accepted: 500, refused: 0, skipped: 0 });
    expect(await countOfAda(one)).toBe(500);
    expect(new Set(one.sent).size).toBe(one.sent.length);
    await expect(one.start().resume(begun.id)).rejects.toMatchObject({ code: "replay_not_stopped" });
  });

  it("waits while the platform takes nothing, and fails with the reason where waiting would not help", async () => {
    const one = await opening();
    await one.refuse(many(3));
    const [cause] = await one.causes();
    let refusals = 2;
    const full = new Problem(429, "backlog_full", "too much waits", { retryAfterSeconds: 1 });
    const waiting = one.start({
      submit: async (_source, calls) => {
        if (refusals-- > 0) throw full;
        await one.refuse(calls);
      },
    });
    const done = await waiting.start({ cause: cause?.id, transformation: naming }, "t1");
    expect(done).toMatchObject({ status: "done", accepted: 3, problem: null });

    await one.refuse([nameless(50)]);
    const failing = one.start({
      submit: async () => {
        throw new Problem(404, "source_disabled", "this source is disabled", { hint: "enable it" });
      },
    });
    const failed = await failing.start({ cause: cause?.id, transformation: naming }, "t1");
    expect(failed).toMatchObject({ status: "failed", problem: { code: "source_disabled", hint: "enable it" } });
    expect(await one.start().resume(failed.id)).toMatchObject({ status: "done", accepted: 1 });
  });

  it("is one at a time, and nobody else replays what it has claimed", async () => {
    const one = await opening();
    await one.refuse(many(3));
    const [cause] = await one.causes();
    const gate = Promise.withResolvers<void>();
    const claims = replayClaims();
    const service = one.start({
      claims,
      sleep: async () => undefined,
      submit: async (_source, calls) => {
        await gate.promise;
        await one.refuse(calls);
      },
    });
    const begun = await service.start({ cause: cause?.id, transformation: naming }, "t1");
    expect(begun.status).toBe("running");
    await expect(service.start({ cause: cause?.id }, "t2")).rejects.toMatchObject({
      status: 409,
      code: "replay_running",
    });
    const tried = await service.start({ cause: cause?.id, transformation: naming, dryRun: true }, "t2");
    expect(tried.dryRun).toBe(true);
    const keys = ["m0", "m1", "m2"].map((id) => messageKeyOf(hash, "web", id));
    expect(keys.map((key) => claims.take(key))).toEqual([false, false, false]);
    gate.resolve();
    await expect.poll(async () => (await service.find(begun.id)).status).toBe("done");
    expect(await countOfAda(one)).toBe(3);
    expect(keys.map((key) => claims.take(key))).toEqual([true, true, true]);
  });
});

function idOfCall({ messageId }: JsonObject): string {
  return typeof messageId === "string" ? messageId : "";
}

function idOf({ kept }: World): string {
  return [...kept.keys()].at(-1) ?? "";
}

/** Where the process dies: at the n-th time that it does one of these; a call may have been taken all the same. */
const death = fc.record({
  at: fc.constantFrom("note" as const, "submit" as const, "submitted" as const, "decided" as const),
  nth: fc.integer({ min: 1, max: 12 }),
});

describe("Promise 2: once", () => {
  it("whatever is killed, and whoever sends besides, each call counts once and is sent at most once by replays", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 450 }),
        fc.array(death, { maxLength: 4 }),
        fc.array(fc.nat(449), { maxLength: 5 }),
        async (count, deaths, besides) => {
          const one = await world();
          try {
            await one.refuse(many(count));
            const [cause] = await one.causes();
            const started = await dying(one, deaths[0], (service) =>
              service.start({ cause: cause?.id ?? "", transformation: naming }, "t1"),
            );
            // Somebody's own retry of a few, meanwhile.
            const retried = [...new Set(besides.filter((n) => n < count))].map((n) => nameless(n, { event: "Seen" }));
            await one.refuse(retried);
            for (const each of deaths.slice(1)) await dying(one, each, (service) => service.takeUp());
            if (!started && one.kept.size === 0) {
              await one.start().start({ cause: cause?.id ?? "", transformation: naming }, "t1");
            }
            await finished(one);
            expect(await countOfAda(one)).toBe(count);
            expect(new Set(one.sent).size).toBe(one.sent.length);
            expect((await one.causes())[0]).toMatchObject({ count, open: 0 });
            const [job] = one.kept.values();
            expect(job?.refused).toBe(0);
            expect((job?.accepted ?? 0) + (job?.skipped ?? 0)).toBeLessThanOrEqual(count);
            expect(job?.accepted).toBeGreaterThanOrEqual(one.sent.length);
          } finally {
            await one.close();
          }
        },
      ),
      { numRuns: runs(30) },
    );
  });
});

/** True where it lived to the end. What the dead process would do later never happens. */
async function dying(
  one: World,
  plan: { at: string; nth: number } | undefined,
  work: (service: ReplayService) => Promise<unknown>,
): Promise<boolean> {
  let left = plan?.nth ?? Number.POSITIVE_INFINITY;
  const dead = Promise.withResolvers<never>();
  dead.promise.catch(() => undefined);
  let isDead = false;
  const never = new Promise<never>(() => undefined);
  const die = (): Promise<never> => {
    isDead = true;
    dead.reject(new Error("killed"));
    return never;
  };
  const step = async (at: string): Promise<void> => {
    if (isDead) return never;
    if (at === plan?.at && --left === 0) return die();
  };
  const service = one.start({
    store: {
      put: async (job) => {
        await step("note");
        one.kept.set(job.id, structuredClone(job));
      },
      all: async () => [...one.kept.values()].map((job) => structuredClone(job)),
    },
    submit: async (_source, calls) => {
      await step("submit");
      one.sent.push(...calls.map(idOfCall));
      await one.refuse(calls);
      await step("submitted");
    },
    decided: () => step("decided"),
  });
  try {
    await Promise.race([work(service).then(() => finishedOf(one, () => isDead)), dead.promise]);
    return true;
  } catch (error) {
    if (!isDead) throw error;
    return false;
  }
}

async function finishedOf({ kept }: World, isDead: () => boolean): Promise<void> {
  while (!isDead() && [...kept.values()].some(({ status }) => status === "running")) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function finished(one: World): Promise<void> {
  await one.start().takeUp();
  await finishedOf(one, () => false);
}
