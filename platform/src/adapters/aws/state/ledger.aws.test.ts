import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runs } from "../../../../test/runs.ts";
import { withStandIn } from "../../../../test/aws/withStandIn.ts";
import { FaultyHttp } from "../faultyHttp.fake.ts";
import { Changes } from "./changes.ts";
import { Ledger } from "./ledger.ts";
import { inCollection, inOrder, row, type Place } from "./place.ts";
import { byBytes, type RowTexts } from "./rowReads.ts";
import { snapshotsOf } from "./snapshots.ts";
import { clientOf, createStateTable, stateParts, WriteFaults } from "./stateTable.fake.ts";

const places: Place<object>[] = [
  ...Array.from({ length: 6 }, (_, n) => row<object>(`A#${n}`)),
  ...Array.from({ length: 6 }, (_, n) => inCollection("C", inOrder(n))),
];

function changesOf(given: readonly (readonly [number, string | null])[]): Changes {
  const changes = new Changes();
  for (const [at, text] of given) changes.put(places[at % places.length] as Place<object>, text);
  return changes;
}

/** Everything, alone and in its order. */
async function picture(rows: RowTexts): Promise<string> {
  return JSON.stringify([
    await rows.texts(places),
    await rows.range("C"),
    await rows.range("C", { isDescending: true, limit: 2 }),
  ]);
}

/** Writes wait at the gate where there is one. */
class GatedHttp extends FaultyHttp {
  gate: Promise<void> | null = null;
  waiting = 0;

  override async handle(...[request, options]: Parameters<FaultyHttp["handle"]>): ReturnType<FaultyHttp["handle"]> {
    if (this.gate !== null && request.headers["x-amz-target"]?.endsWith("PutItem") === true) {
      this.waiting += 1;
      await this.gate;
    }
    return super.handle(request, options);
  }
}

withStandIn("ministack", (endpoint) => {
  describe("Promise 4: rows change by whole decisions", () => {
    it("wherever a writer is killed, there is a prefix of its decisions, for readers and for the next one", async () => {
      const change = fc.tuple(fc.nat(11), fc.option(fc.string({ maxLength: 3 }).map((text) => JSON.stringify([text]))));
      const property = fc.assert(
        fc.asyncProperty(fc.array(fc.array(change, { minLength: 1 }), { minLength: 1, maxLength: 4 }), async (all) => {
          const table = await createStateTable(clientOf(endpoint));
          const snapshot = snapshotsOf(stateParts(clientOf(endpoint), table));
          const prefixes = prefixesOf(all);
          let [decided, position, hadFault] = [0, 0, true];
          for (let nth = 1; hadFault; nth += 1) {
            const faults = new WriteFaults();
            const http = new FaultyHttp();
            http.plan = faults.plan;
            faults.set({ nth, kind: "crash" });
            const ledger = await Ledger.open(stateParts(clientOf(endpoint, http), table)).catch(() => null);
            for (const each of all.slice(decided)) {
              await ledger?.commit(changesOf(each), (position += 1)).catch(() => undefined);
            }
            hadFault = faults.isMet;
            if (!(await hasHead(snapshot))) continue;
            const seen = await snapshot(picture);
            decided = await snapshot(async (_, head) => head.decision);
            expect(seen).toBe(prefixes[decided]);
            const next = await Ledger.open(stateParts(clientOf(endpoint), table));
            expect(await picture(next.rows)).toBe(seen);
            expect(await snapshot(picture)).toBe(seen);
          }
          expect(decided).toBe(all.length);
        }),
        { numRuns: runs(10) },
      );
      await expect(property).resolves.toBeUndefined();
    });

    it("a writer that was overtaken in the middle of its rows, and goes on late, changes nothing", async () => {
      const table = await createStateTable(clientOf(endpoint));
      const first = await Ledger.open(stateParts(clientOf(endpoint), table));
      await first.commit(
        changesOf([
          [0, '"old"'],
          [1, '"old"'],
          [7, '"old"'],
        ]),
        1,
      );
      const http = new GatedHttp();
      const late = await Ledger.open(stateParts(clientOf(endpoint, http), table));
      let release = (): void => undefined;
      http.gate = null;
      const standing = new Promise<void>((resolve) => {
        http.plan = (operation) => {
          if (operation !== "UpdateItem" || http.gate !== null) return null;
          // The head names the decision now; its rows wait.
          http.gate = new Promise((go) => (release = go));
          resolve();
          return null;
        };
      });
      const changes = changesOf([
        [0, '"late"'],
        [1, '"late"'],
        [7, '"late"'],
        [8, '"late"'],
      ]);
      const committing = late.commit(changes, 2);
      await standing;
      await expect.poll(() => http.waiting, { timeout: 5_000 }).toBe(4);
      const next = await Ledger.open(stateParts(clientOf(endpoint), table));
      expect(await next.rows.texts(places.slice(0, 2))).toEqual(['"late"', '"late"']);
      await next.commit(
        changesOf([
          [0, '"new"'],
          [1, null],
          [7, null],
        ]),
        3,
      );
      const after = await picture(next.rows);
      release();
      await committing;
      expect(await snapshotsOf(stateParts(clientOf(endpoint), table))(picture)).toBe(after);
      await expect(late.commit(changesOf([[2, '"too late"']]), 4)).rejects.toMatchObject({ code: "decided_elsewhere" });
      const [rows] = JSON.parse(after) as [(string | null)[]];
      expect(rows.slice(0, 2)).toEqual(['"new"', null]);
    });

    it("of fifty that decide at once one decides, and all others are told", async () => {
      const table = await createStateTable(clientOf(endpoint));
      const ledgers = await Promise.all(
        Array.from({ length: 50 }, () => Ledger.open(stateParts(clientOf(endpoint, undefined, 3), table))),
      );
      const outcomes = await Promise.allSettled(
        ledgers.map((ledger, n) =>
          ledger.commit(
            changesOf([
              [0, String(n)],
              [8, String(n)],
            ]),
            n + 1,
          ),
        ),
      );
      const winners = outcomes.flatMap(({ status }, n) => (status === "fulfilled" ? [n] : []));
      expect(winners).toHaveLength(1);
      for (const each of outcomes) {
        if (each.status === "rejected") expect(each.reason).toMatchObject({ code: "decided_elsewhere" });
      }
      const rows = await snapshotsOf(stateParts(clientOf(endpoint), table))(async (read) =>
        read.texts([places[0]!, places[8]!]),
      );
      expect(rows).toEqual([String(winners[0]), String(winners[0])]);
    });

    it("rows that no item can hold are kept whole, and may grow and shrink", async () => {
      const table = await createStateTable(clientOf(endpoint));
      const snapshot = snapshotsOf(stateParts(clientOf(endpoint), table));
      const ledger = await Ledger.open(stateParts(clientOf(endpoint), table));
      for (const [at, bytes] of [2_000_000, 10, 900_000, 1_500_000].entries()) {
        const text = JSON.stringify(randomBytes(bytes).toString("base64"));
        await ledger.commit(
          changesOf([
            [0, text],
            [6, text],
          ]),
          at + 1,
        );
        const fresh = await Ledger.open(stateParts(clientOf(endpoint), table));
        expect((await fresh.rows.texts([places[0]!]))[0] === text).toBe(true);
        expect((await snapshot(async (rows) => rows.range("C")))[0]?.text === text).toBe(true);
      }
    });

    it("another setting is another state", async () => {
      const parts = stateParts(clientOf(endpoint), await createStateTable(clientOf(endpoint)));
      await Ledger.open({ ...parts, foldedWith: { currency: "GBP" } });
      await expect(Ledger.open({ ...parts, foldedWith: { currency: "EUR" } })).rejects.toMatchObject({
        status: 409,
        code: "state_settings",
      });
    });
  });
});

async function hasHead(snapshot: ReturnType<typeof snapshotsOf>): Promise<boolean> {
  return snapshot(async () => true).catch(() => false);
}

/** What there is after none, one, … of the decisions. */
function prefixesOf(all: readonly (readonly (readonly [number, string | null])[])[]): string[] {
  const held = new Map<number, string>();
  const pictures = [pictured(held)];
  for (const decision of all) {
    for (const [at, text] of decision) {
      if (text === null) held.delete(at);
      else held.set(at, text);
    }
    pictures.push(pictured(held));
  }
  return pictures;
}

function pictured(held: ReadonlyMap<number, string>): string {
  const collection = places
    .flatMap(({ pk, sk }, at) => (pk === "C" && held.has(at) ? [{ sk, text: held.get(at) as string }] : []))
    .sort((one, other) => byBytes(one.sk, other.sk));
  return JSON.stringify([places.map((_, at) => held.get(at) ?? null), collection, collection.toReversed().slice(0, 2)]);
}
