import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defaultIdentityRules, type IdentityRules } from "../../identity/index.ts";
import type { Join } from "../../model/join.ts";
import { position } from "../../model/position.ts";
import { Problem } from "../../model/problem.ts";
import { noon, refused, seen, world, type Client } from "./hub.fake.ts";
import { maxResumedRecords, maxShownPerSecond, maxStalledMs, maxSubscribers } from "./limits.ts";
import { runs } from "../../../test/runs.ts";

const join: Join = {
  position: 0,
  profileId: "p_user_id:ada",
  retiredIds: ["p_old"],
  identifiers: ["anonymous_id:a", "user_id:ada"],
  messageId: "login",
  source: "web",
  sourceKind: "web",
  occurredAt: noon,
  rule: "seen_together",
};

describe("a watcher", () => {
  it("is shown a record as it comes and again as it is decided, soon and without another to push it", async () => {
    const { take, decide, pass, connect } = world();
    const client = connect();
    await pass(0);
    expect(client.messages).toMatchObject([{ event: "history", data: { items: [] } }]);
    take([seen("m1")]);
    await pass(150);
    expect(client.records()).toEqual([["accepted", "m1"]]);
    decide();
    await pass(150);
    expect(client.records()).toEqual([
      ["accepted", "m1"],
      ["processed", "m1"],
    ]);
    expect(client.messages.at(-1)?.data).toMatchObject({
      identifier: { type: "user_id", value: "ada" },
      profileId: "p_user_id:ada",
      displayName: "user_id:ada",
      processedAt: expect.any(String),
      latencyMs: expect.any(Number),
    });
  });

  it("is shown a record under the identifier that is surest by the rules that hold at the moment", async () => {
    const { types } = defaultIdentityRules;
    const others = {
      ...defaultIdentityRules,
      types: { ...types, email: { ...defaultIdentityRules.otherTypes, rank: 999 } },
    };
    let held: IdentityRules = defaultIdentityRules;
    const { take, pass, connect } = world({ rules: () => held });
    const client = connect();
    const identifiers = ["email:ada@example.com", "user_id:ada"];
    take([seen("before", { identifiers })]);
    await pass(150);
    held = others;
    take([seen("since", { identifiers })]);
    await pass(150);
    expect(client.messages.slice(1).map(({ data }) => [data.messageId, data.identifier.type])).toEqual([
      ["before", "user_id"],
      ["since", "email"],
    ]);
  });

  it("who comes while records are on their way into the log is shown them, as what the log keeps says", async () => {
    const { take, pass, connect } = world();
    const came: Client[] = [];
    take([seen("m1"), refused("m2")], () => came.push(connect()));
    await pass(150);
    expect(came[0]?.records()).toEqual([
      ["accepted", "m1"],
      ["rejected", "m2"],
    ]);
  });

  it("is shown what was refused with what it said of itself, and who was joined", async () => {
    const { take, decide, pass, connect } = world();
    const client = connect();
    take([refused("bad"), refused("cut", { body: '{"type":"tra' })]);
    decide(2, { joined: 1, joins: [join] });
    await pass(150);
    const [bad, cut, joined] = client.messages.slice(1).map(({ data }) => data);
    expect(bad).toMatchObject({ status: "rejected", type: "track", code: "event_missing", reason: "no event" });
    expect(cut).toMatchObject({ status: "rejected", type: null, event: null, messageId: "cut" });
    expect(joined).toMatchObject({
      profileId: "p_user_id:ada",
      retiredIds: ["p_old"],
      identifiers: [
        { type: "anonymous_id", value: "a" },
        { type: "user_id", value: "ada" },
      ],
      displayName: "user_id:ada",
    });
  });

  it("is told each second how much came, and how much of it was shown", async () => {
    const { take, pass, connect, hub } = world();
    const client = connect();
    await pass(0);
    take(Array.from({ length: 500 }, (_, n) => seen(`m${n}`)));
    take([refused("bad", { source: "pos", sourceKind: "pos" })]);
    await pass(900);
    hub.tick();
    await pass(0);
    const rates = client.messages.filter(({ event }) => event === "rates");
    expect(rates.map(({ data }) => data)).toMatchObject([
      {
        accepted: 500,
        rejected: 1,
        pending: 501,
        bySource: { web: { accepted: 500 }, pos: { kind: "pos", rejected: 1 } },
        sampled: { shown: maxShownPerSecond, of: 501 },
      },
    ]);
    expect(client.records()).toContainEqual(["rejected", "bad"]);
    expect(hub.counts()).toMatchObject({ subscribers: 1, shown: 50, sampledOut: 451 });
  });

  it("misses nothing between two connections, or is told that it does, whenever it goes and comes", async () => {
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ kind: fc.constant("take" as const), count: fc.integer({ min: 1, max: 4 }) }),
      },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant("decide" as const), part: fc.nat(100) }) },
      { weight: 3, arbitrary: fc.constant({ kind: "pass" as const }) },
      { weight: 1, arbitrary: fc.constant({ kind: "reconnect" as const }) },
      { weight: 1, arbitrary: fc.constant({ kind: "restart" as const }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        let here = world();
        const clients: Client[] = [here.connect()];
        const again = (): void => {
          const client = clients.at(-1);
          client?.drop();
          clients.push(here.connect({}, client?.lastId() ?? "0-0"));
        };
        let taken = 0;
        let decided = 0;
        for (const each of steps) {
          if (each.kind === "take") {
            const from = taken;
            taken += each.count;
            here.take(
              Array.from({ length: each.count }, (_, n) => ((from + n) % 5 === 4 ? refused : seen)(`m${from + n}`)),
            );
          } else if (each.kind === "decide") {
            decided = Math.max(decided, Math.floor((taken * each.part) / 100));
            here.decide(decided);
          } else if (each.kind === "pass") {
            await here.pass(1_000);
            here.hub.tick();
            await here.pass(0);
          } else {
            if (each.kind === "restart") here = here.restart();
            again();
          }
        }
        here.decide(taken);
        for (let second = 0; second < 8; second++) {
          await here.pass(1_000);
          here.hub.tick();
        }
        await here.pass(1_000);
        const told = new Set(clients.flatMap((client) => client.records().map(([status, id]) => `${status} ${id}`)));
        const skipped = clients.flatMap(({ messages }) => messages.filter(({ event }) => event === "skipped"));
        const expected = Array.from({ length: taken }, (_, n) => `${n % 5 === 4 ? "rejected" : "processed"} m${n}`);
        if (skipped.every(({ data }) => data.records === 0)) {
          // 40 steps of at most 4 records fit into what a second may show.
          const missing = expected.filter((line) => !told.has(line));
          const sampledOut = clients.some(({ messages }) => messages.some(({ data }) => data.sampled));
          if (!sampledOut) expect(missing).toEqual([]);
        } else expect(skipped.length).toBeGreaterThan(0);
      }),
      { numRuns: runs(60) },
    );
  });

  it("goes on after a break within its first second", async () => {
    const { take, decide, pass, connect } = world();
    take([seen("before")]);
    decide();
    const first = connect();
    await pass(10);
    first.drop();
    expect(first.lastId()).not.toBeNull();
    take([seen("meanwhile")]);
    decide();
    const second = connect({}, first.lastId());
    await pass(500);
    expect(second.records()).toEqual([["processed", "meanwhile"]]);
  });

  const segmentRecords = 3_000;
  it.each([
    ["far back, a segment's end in between", 0, 3 * segmentRecords + 10, 10],
    ["back by more than a segment's whole length", 10, 2 * segmentRecords + 5, 5],
    ["a little back, over a segment's end", 2 * segmentRecords - 7, 2 * segmentRecords + 5, 12],
  ])("reads no more than the latest records: %s", async (_, told, end, expected) => {
    const { take, decide, pass, connect, reads } = world({ segmentRecords });
    for (let from = 0; from < end; from += 500) {
      take(Array.from({ length: Math.min(500, end - from) }, (_each, n) => seen(`m${from + n}`)));
    }
    decide();
    await pass(0);
    const at = position(Math.floor(told / segmentRecords), told % segmentRecords);
    const client = connect({ statuses: new Set(["processed"]) }, `${at}-${at}`);
    await pass(300);
    expect(reads.records).toBeLessThanOrEqual(2 * maxResumedRecords);
    expect(client.records().map(([, id]) => id)).toEqual(
      Array.from({ length: expected }, (_each, n) => `m${end - expected + n}`),
    );
    const skipped = client.messages.filter(({ event }) => event === "skipped");
    expect(skipped).toHaveLength(expected === end - told ? 0 : 1);
  });

  it("that takes nothing is skipped over, told how much, and cut off in the end; others do not notice", async () => {
    const { take, decide, pass, connect, hub, clock } = world();
    const slow = connect();
    const other = connect();
    await pass(0);
    slow.isStuck = true;
    for (let second = 0; second < 5; second++) {
      take([refused(`bad${second}`)]);
      decide();
      await pass(1_000);
      hub.tick();
    }
    slow.isStuck = false;
    hub.tick();
    await pass(0);
    expect(slow.records()).toEqual([]);
    expect(slow.messages.find(({ event }) => event === "skipped")?.data).toEqual({ records: 5, joins: 0 });
    expect(other.records()).toHaveLength(5);
    slow.isStuck = true;
    hub.tick();
    await pass(0);
    clock.now += maxStalledMs + 1;
    hub.tick();
    await pass(0);
    expect(slow.hasEnded).toBe(true);
    expect(other.hasEnded).toBe(false);
    expect(hub.counts()).toMatchObject({ subscribers: 1, skipped: 5 });
  });

  it("is let go when its token stops, and when the platform does", async () => {
    const { pass, connect, hub } = world();
    const [one, other] = [connect(), connect()];
    await pass(0);
    one.isAllowed = false;
    hub.tick();
    await pass(0);
    expect(one.messages.at(-1)).toMatchObject({ event: "closed", data: { reason: "token_refused" } });
    hub.close();
    expect(other.messages.at(-1)).toMatchObject({ event: "closed", data: { reason: "stopping" } });
    expect([one.hasEnded, other.hasEnded]).toEqual([true, true]);
    expect(() => connect()).toThrow(Problem);
  });

  it("is one of a bounded number", () => {
    const { connect } = world();
    for (let n = 0; n < maxSubscribers; n++) connect();
    expect(() => connect()).toThrow("streams open");
  });
});

describe("filters", () => {
  const records = [
    seen("web-1"),
    seen("pos-1", { source: "till", sourceKind: "pos", event: "Order Completed" }),
    seen("bob-1", { identifiers: ["user_id:bob"] }),
    refused("bad-1"),
  ];
  const cases: [string, Parameters<ReturnType<typeof world>["connect"]>[0], string[]][] = [
    ["a source", { sources: new Set(["till"]) }, ["pos-1"]],
    ["a kind", { sourceKinds: new Set(["web"]) }, ["web-1", "bob-1", "bad-1"]],
    ["an event", { events: new Set(["Order Completed"]) }, ["pos-1"]],
    ["a status", { statuses: new Set(["rejected"]) }, ["bad-1"]],
    ["a person", { profileId: "p_user_id:bob" }, ["bob-1"]],
    ["two things at once", { sourceKinds: new Set(["web"]), statuses: new Set(["processed"]) }, ["web-1", "bob-1"]],
  ];
  it.each(cases)("by %s", async (_, filter, expected) => {
    const { take, decide, pass, connect } = world();
    const client = connect(filter);
    await pass(0);
    take(records.slice(0, 1));
    take(records.slice(1, 2));
    take(records.slice(2));
    decide();
    await pass(300);
    expect([...new Set(client.records().map(([, id]) => id))].toSorted()).toEqual(expected.toSorted());
    const later = connect(filter, "0-0");
    await pass(300);
    expect([...new Set(later.records().map(([, id]) => id))].toSorted()).toEqual(expected.toSorted());
  });

  it("duplicates that are asked for are found among everything, not in a sample", async () => {
    const { take, decide, pass, connect, duplicates } = world();
    const client = connect({ statuses: new Set(["duplicate"]) });
    await pass(0);
    const positions = take(Array.from({ length: 3_000 }, (_, n) => seen(`m${n}`)));
    duplicates.add(positions[2_998] ?? 0);
    decide();
    await pass(300);
    expect(client.records()).toEqual([["duplicate", "m2998"]]);
  });
});

describe("nobody watches", () => {
  it("and a record costs next to nothing", () => {
    const { hub } = world();
    const calls = Array.from({ length: 100 }, (_, n) => ({ record: seen(`m${n}`), identifiers: [] }));
    const stored = calls.map(() => ({ fragment: "f", message: "m", payload: new Uint8Array(1) }));
    const positions = calls.map((_, n) => n);
    const before = process.cpuUsage();
    for (let batch = 0; batch < 2_000; batch++) hub.taken(calls, stored)(positions);
    const nsARecord = (process.cpuUsage(before).user * 1e3) / 200_000;
    // 20,000 a second then cost less than a hundredth of one core. In processor time: others' load does not count.
    expect(nsARecord).toBeLessThan(500);
  });
});
