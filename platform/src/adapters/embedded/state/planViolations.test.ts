import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accepted, foldings, withTwo, type Folding } from "../../../../test/pipelineHarness.ts";
import { runs } from "../../../../test/runs.ts";
import type { AcceptedEvent } from "../../../model/event.ts";
import { maxViolationsTold, type PlanViolation } from "../../../model/trackingPlan.ts";
import type { KeptViolation, PlanViolations } from "../../../storage/planViolations.ts";
import { planViolationsOver } from "./planViolations.ts";
import { openStateReader } from "./schema.ts";

const folding = foldings();

async function list(
  one: Folding,
  wanted: Partial<Parameters<PlanViolations["list"]>[0]> = {},
): Promise<KeptViolation[]> {
  const database = openStateReader(one.file);
  try {
    const all = { source: "web", version: null, order: "newest" as const, after: null, limit: 10_000, ...wanted };
    return await planViolationsOver(database).list(all);
  } finally {
    database.close();
  }
}

function broke(
  n: number,
  violations: readonly PlanViolation[],
  more: Partial<AcceptedEvent> & { version?: number } = {},
): AcceptedEvent {
  const { version = 1, ...given } = more;
  return accepted({ messageId: `m${n}`, identifiers: ["user_id:a"], plan: { version, violations }, ...given });
}

const wrongPrice: PlanViolation = { kind: "wrong_type", path: "properties.price" };
const violation = fc.record<PlanViolation>({
  kind: fc.constantFrom("wrong_type", "required_missing"),
  path: fc.constantFrom("properties.a", "properties.b"),
});
const sent = fc.record({
  n: fc.nat(9),
  source: fc.constantFrom("web", "erp"),
  version: fc.integer({ min: 1, max: 2 }),
  type: fc.constantFrom("track", "identify"),
  event: fc.constantFrom("A", "B"),
  violations: fc.uniqueArray(violation, { maxLength: 3, selector: ({ kind, path }) => `${kind}${path}` }),
  receivedAt: fc.integer({ min: 1, max: 9 }),
});
const world = fc.array(sent, { maxLength: 25 }).map((all) =>
  all.map(({ n, violations, version, type, event, ...given }): AcceptedEvent => {
    const of = { ...given, type: type as "track", event: type === "track" ? event : null };
    return violations.length === 0
      ? accepted({ messageId: `m${n}`, identifiers: ["user_id:a"], ...of })
      : broke(n, violations, { version, ...of });
  }),
);

/** Of each source's first delivery of each message, by hand. */
function oracle(events: readonly AcceptedEvent[], source: string): string[] {
  const counts = new Map<string, { count: number; firstAt: number; lastAt: number; samples: string[] }>();
  const seen = new Set<string>();
  for (const event of events.filter((each) => each.source === source)) {
    if (seen.has(event.messageId)) continue;
    seen.add(event.messageId);
    for (const { kind, path } of event.plan?.violations ?? []) {
      const key = JSON.stringify([event.plan?.version, event.type, event.event ?? "", kind, path]);
      const at = event.receivedAt;
      const held = counts.get(key) ?? { count: 0, firstAt: at, lastAt: at, samples: [] };
      counts.set(key, {
        count: held.count + 1,
        firstAt: Math.min(held.firstAt, at),
        lastAt: Math.max(held.lastAt, at),
        samples: [event.messageId, ...held.samples].slice(0, 3),
      });
    }
  }
  return [...counts].map(([key, value]) => JSON.stringify([key, value])).sort();
}

function told(kept: readonly KeptViolation[]): string[] {
  return kept
    .map(({ version, type, event, kind, path, count, firstAt, lastAt, samples }) => {
      const key = JSON.stringify([version, type, event, kind, path]);
      const ids = samples.map(({ messageId }) => messageId);
      return JSON.stringify([key, { count, firstAt, lastAt, samples: ids }]);
    })
    .sort();
}

describe("violations of tracking plans", () => {
  it("are those of events that count, each once, in any batches, and after a rebuild, with plans changing meanwhile", async () => {
    await fc.assert(
      fc.asyncProperty(
        world,
        fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 5 }),
        async (events, sizes) => {
          await withTwo(async (live, rebuilt) => {
            await live.deliver(events, sizes);
            await rebuilt.deliver(events);
            for (const source of ["web", "erp"]) {
              expect(told(await list(live, { source }))).toEqual(oracle(events, source));
            }
            expect(await live.differences(rebuilt)).toEqual([]);
          });
        },
      ),
      { numRuns: runs(30) },
    );
  });

  it("are told one by one up to a bound, however many names senders make up, and beyond by type and kind", async () => {
    const [one, other] = [await folding(), await folding()];
    const events = Array.from({ length: maxViolationsTold + 40 }, (_, n) =>
      broke(n, [{ kind: "wrong_type", path: `properties.p${n}` }]),
    );
    await one.deliver([...events, broke(9_998, [{ kind: "wrong_type", path: "properties.p7" }])]);
    const kept = await list(one);
    expect(kept).toHaveLength(maxViolationsTold + 1);
    expect(kept.find(({ path }) => path === "")).toMatchObject({ event: "", count: 40 });
    expect(kept.find(({ path }) => path === "properties.p7")).toMatchObject({ event: "Product Viewed", count: 2 });
    await other.deliver([...events, broke(9_998, [{ kind: "wrong_type", path: "properties.p7" }])], [900, 77]);
    expect(await one.differences(other)).toEqual([]);
    // A call that breaks it in several ways of one kind is one call all the same.
    const twice = ["q1", "q2"].map((name): PlanViolation => ({ kind: "wrong_type", path: `properties.${name}` }));
    for (const each of [one, other]) await each.deliver([broke(9_997, twice)]);
    expect((await list(one)).find(({ path }) => path === "")).toMatchObject({ count: 41 });
    expect(await one.differences(other)).toEqual([]);
    // Another version has room of its own.
    await one.deliver([broke(9_999, [wrongPrice], { version: 2 })]);
    expect(await list(one, { version: 2 })).toMatchObject([{ path: "properties.price", version: 2 }]);
    expect(await one.differences(other)).not.toEqual([]);
  });

  it("are listed newest or most frequent first, by page", async () => {
    const one = await folding();
    const at = (path: string): PlanViolation => ({ kind: "wrong_type", path });
    await one.deliver([
      broke(1, [at("a"), at("b")], { receivedAt: 5 }),
      broke(2, [at("b")], { receivedAt: 6 }),
      broke(3, [at("c")], { receivedAt: 9 }),
    ]);
    const paths = async (wanted: Parameters<typeof list>[1]) => (await list(one, wanted)).map(({ path }) => path);
    expect(await paths({ order: "newest" })).toEqual(["c", "b", "a"]);
    expect(await paths({ order: "frequent" })).toEqual(["b", "a", "c"]);
    for (const order of ["newest", "frequent"] as const) {
      const walked: string[] = [];
      let after: KeptViolation | null = null;
      for (;;) {
        const [next]: KeptViolation[] = await list(one, { order, after, limit: 1 });
        if (next === undefined) break;
        walked.push(next.path);
        after = next;
      }
      expect(walked).toEqual(await paths({ order }));
    }
    expect(await paths({ source: "erp" })).toEqual([]);
    expect(await paths({ version: 7 })).toEqual([]);
  });
});
