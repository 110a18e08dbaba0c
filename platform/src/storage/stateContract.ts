import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { profileIdOf, type KeyedHash } from "../model/keyedHash.ts";
import { Problem } from "../model/problem.ts";
import type { Corrections, Links } from "./corrections.ts";
import type { Fates } from "./fates.ts";
import type { Decision, IdentityAndProfiles } from "./identityAndProfiles.ts";
import type { People, PeopleOfFile } from "./people.ts";
import { rulesContract } from "./rulesContract.ts";
import type { RulesVersions } from "./rulesVersions.ts";
import { expectAgreed } from "./stateAgreement.ts";
import { tenanciesContract } from "./tenanciesContract.ts";
import { fragmentOf, happening, loginOf, StateModel, type Happening } from "./stateModel.ts";
import { runs } from "../../test/runs.ts";

/** What becomes of the `nth` write to the storage from now on (from 1), once. */
export interface WriteFault {
  nth: number;
  /**
   * `fails`: it is not done. `lostAnswer`: it is done, only its success is not told. `crash`: it is not done, and the
   * process does nothing more. `looks`: nothing is wrong; `look` is called before it.
   */
  kind: "fails" | "lostAnswer" | "crash" | "looks";
  look?: () => void;
}

/** What the suites need of an adapter: one writing store at a time over storage that outlives it, and its readers. */
export interface StateHarness {
  readonly hash: KeyedHash;
  /** Over the same storage as before. The one opened before is closed, has crashed, or is overtaken by this one. */
  open(): Promise<IdentityAndProfiles>;
  fates(): Fates;
  people(): People;
  /** Where the store lies in this process's files. */
  peopleOfFile?(): PeopleOfFile;
  corrections(): Corrections;
  links(): Links;
  rulesVersions(): RulesVersions;
  /** Null takes the fault away. */
  fail(fault: WriteFault | null): void;
  /** Whether the latest fault has come about. A store that tells a decision as done may meet one all the same. */
  met(): boolean;
  /** Writes of a decision before the one by which it stands: a fault in one of them undoes it. */
  readonly writesBefore: number;
  dispose(): Promise<void>;
}

/** The promises of `IdentityAndProfiles`, `Fates` and `People`, which every adapter keeps. */
export function stateContract(name: string, create: () => Promise<StateHarness>): void {
  describe(`state contract: ${name}`, () => {
    let harness: StateHarness;
    beforeEach(async () => {
      harness = await create();
    });
    afterEach(() => harness.dispose());
    const given = (): StateHarness => harness;
    modelled(create);
    describe("Promise 4: all of a decision or nothing", () => {
      atomic(given);
    });
    describe("a writer that is overtaken", () => {
      overtaken(given);
    });
    describe("readers", () => {
      looking(given);
    });
    describe("devices that change hands", () => {
      tenanciesContract(given);
    });
    describe("a decision that publishes rules", () => {
      rulesContract(given);
    });
  });
}

/** A batch in which everything happens that a decision can hold. */
const eventful: readonly Happening[] = [
  { who: 0, whom: 1, kind: "identify" },
  { who: 1, whom: 2, kind: "order" },
  { who: 2, whom: 0, kind: "alias" },
  { who: 1, whom: 0, kind: "correct" },
  { who: 0, whom: 1, kind: "merge" },
  { who: 2, whom: 0, kind: "cross" },
  { who: 3, whom: 0, kind: "rejected" },
  { who: 4, whom: 1, kind: "rejected" },
  { who: 4, whom: 0, kind: "mended" },
  { who: 0, whom: 1, kind: "again" },
];

function modelled(create: () => Promise<StateHarness>): void {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.array(happening, { minLength: 1, maxLength: 6 }) },
    { weight: 1, arbitrary: fc.constant("reopen" as const) },
    {
      weight: 3,
      arbitrary: fc.record({
        nth: fc.integer({ min: 1, max: 25 }),
        batch: fc.array(happening, { minLength: 1 }),
        kind: faultKind,
      }),
    },
  );
  test("any sequence of decisions, failed and lost ones too, reads as the model has it", async () => {
    const property = fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const harness = await create();
        const model = new StateModel(harness.hash);
        let store = await harness.open();
        for (const each of steps) {
          if (each === "reopen") {
            await store.close();
            store = await harness.open();
          } else if (Array.isArray(each)) {
            const decision = model.decision(each);
            await store.commit(decision);
            model.apply(decision);
          } else {
            store = await commitWithFault(harness, store, model, each);
          }
          await expectAgreed(store, harness, model);
        }
        await store.close();
        await harness.dispose();
      }),
      { numRuns: runs(40) },
    );
    await expect(property).resolves.toBeUndefined();
  });
}

const faultKind = fc.constantFrom("fails" as const, "lostAnswer" as const, "crash" as const);

/** Afterwards the model holds what the store says it holds: the decision whole, or nothing of it. */
async function commitWithFault(
  harness: StateHarness,
  store: IdentityAndProfiles,
  model: StateModel,
  { nth, kind, batch }: { nth: number; kind: WriteFault["kind"]; batch: readonly Happening[] },
): Promise<IdentityAndProfiles> {
  const decision = model.decision(batch);
  harness.fail({ nth, kind });
  const done = await store.commit(decision).then(
    () => true,
    () => false,
  );
  const hadFault = harness.met();
  harness.fail(null);
  let now = store;
  if (kind === "crash" && hadFault) {
    await store.close();
    now = await harness.open();
  }
  const stands = (await now.position()) === decision.position;
  if (done) expect(stands).toBe(true);
  if (stands) model.apply(decision);
  return now;
}

function atomic(harness: () => StateHarness): void {
  test.each(["fails", "lostAnswer", "crash"] as const)(
    "whichever write of a commit has the fault: %s",
    async (kind) => {
      const model = new StateModel(harness().hash);
      let store = await harness().open();
      let hadFault = true;
      let refused = 0;
      for (let nth = 1; hadFault; nth++) {
        expect(nth, "some commit is short enough to be spared").toBeLessThan(100);
        const before = await store.position();
        const decision = model.decision(eventful);
        harness().fail({ nth, kind });
        const done = await store.commit(decision).then(
          () => true,
          (error: unknown) => (expect(error, "it is no content's fault").not.toBeInstanceOf(Problem), false),
        );
        hadFault = harness().met();
        harness().fail(null);
        if (kind === "crash" && hadFault) {
          await store.close();
          store = await harness().open();
        }
        const after = await store.position();
        expect([before, decision.position]).toContain(after);
        if (done) expect(after).toBe(decision.position);
        if (after === decision.position) model.apply(decision);
        else refused += 1;
        await expectAgreed(store, harness(), model);
      }
      expect(refused).toBeGreaterThanOrEqual(harness().writesBefore);
      await store.close();
    },
  );

  test("what its content forbids is a Problem, not something to be tried again", async () => {
    const store = await harness().open();
    const model = new StateModel(harness().hash);
    const decision = model.decision(eventful);
    const [first, ...rest] = decision.identifiers;
    const broken = { ...decision, identifiers: [{ ...first!, firstAt: 0.5 }, ...rest] };
    await expect(store.commit(broken)).rejects.toBeInstanceOf(Problem);
    expect(await store.position()).toBe(0);
    await expectAgreed(store, harness(), model);
    await store.commit(decision);
    model.apply(decision);
    await expectAgreed(store, harness(), model);
    await store.close();
  });

  test("a decision that stands is still there after a crash right behind it", async () => {
    const model = new StateModel(harness().hash);
    for (let round = 0; round < 4; round++) {
      const store = await harness().open();
      const decision = model.decision(eventful);
      await store.commit(decision);
      model.apply(decision);
      harness().fail({ nth: 1, kind: "crash" });
      await store.commit(model.decision(eventful)).catch(() => undefined);
      harness().fail(null);
      await store.close();
      const again = await harness().open();
      await expectAgreed(again, harness(), model);
      expect(await again.position()).toBe(decision.position);
      await again.close();
    }
  });
}

function overtaken(harness: () => StateHarness): void {
  test("decides nothing any more, and says so; whoever overtook it goes on", async () => {
    const model = new StateModel(harness().hash);
    const late = await harness().open();
    await late.commit(decided(model, eventful));
    const lateDecision = model.decision([{ who: 4, whom: 0, kind: "identify" }]);
    // What it reads it has read before the other one decides.
    await late.fragments([fragmentOf(0)], new Set());
    const now = await harness().open();
    await now.commit(
      decided(model, [
        { who: 3, whom: 0, kind: "order" },
        { who: 4, whom: 0, kind: "event" },
      ]),
    );
    await expect(late.commit(lateDecision)).rejects.toMatchObject({ status: 409, code: "decided_elsewhere" });
    await expect(late.commit({ ...lateDecision, position: model.position + 1 })).rejects.toMatchObject({
      code: "decided_elsewhere",
    });
    await expectAgreed(now, harness(), model);
    await now.commit(decided(model, eventful));
    await expectAgreed(now, harness(), model);
    await late.close();
    await now.close();
  });
}

function looking(harness: () => StateHarness): void {
  test("in the middle of a commit see what was before it or what is after it, never a part", async () => {
    const model = new StateModel(harness().hash);
    const store = await harness().open();
    await store.commit(
      decided(
        model,
        [0, 1, 2].map((who) => ({ who, whom: 0, kind: "order" })),
      ),
    );
    let looks = 0;
    for (let nth = 1; ; nth++) {
      const before = await picture(harness());
      const pictures: Promise<string>[] = [];
      harness().fail({ nth, kind: "looks", look: () => pictures.push(picture(harness())) });
      await store.commit(decided(model, [...eventful, { who: 1, whom: 1, kind: "split" }]));
      harness().fail(null);
      if (pictures.length === 0) break;
      looks += 1;
      const after = await picture(harness());
      for (const seen of await Promise.all(pictures)) expect([before, after]).toContain(seen);
    }
    expect(looks).toBeGreaterThan(5);
    await store.close();
  });
}

function decided(model: StateModel, batch: readonly Happening[]): Decision {
  const decision = model.decision(batch);
  model.apply(decision);
  return decision;
}

/** One call, so one snapshot: who is whose, with what they have. */
async function picture({ people, hash }: StateHarness): Promise<string> {
  return JSON.stringify(await people().byProfileId(profileIdOf(hash, loginOf(0))));
}
