import { expect, test } from "vitest";
import type { Decision, IdentityAndProfiles, PeopleLot, StoredRules } from "./identityAndProfiles.ts";
import { expectAgreed } from "./stateAgreement.ts";
import type { StateHarness } from "./stateContract.ts";
import { loginOf, StateModel, type Happening } from "./stateModel.ts";

function version(number: number): StoredRules {
  const document = { hubThreshold: number };
  const said = { by: "t1", reason: "to see", receivedAt: 1_000 + number };
  return { id: `r${number}`, number, hash: `h${number}`, document, ...said, position: 100 + number };
}

const everybody: readonly Happening[] = [0, 1, 2, 3].map((who) => ({ who, whom: 0, kind: "order" }));
const regrouping: readonly Happening[] = [
  { who: 0, whom: 1, kind: "merge" },
  { who: 2, whom: 3, kind: "merge" },
];

/** The people of a decision as lots that are asked for one by one, each change alone. */
function publishing(decision: Decision, number: number, onLot: (index: number) => void = () => undefined): Decision {
  const { movedFragments, identifiers, persons, removedPersons, changedPersons, retiredProfiles } = decision;
  const empty: PeopleLot = {
    movedFragments: [],
    crossings: [],
    identifiers: [],
    persons: [],
    removedPersons: [],
    changedPersons: [],
    retiredProfiles: [],
  };
  const lots: PeopleLot[] = [
    ...movedFragments.map((row) => ({ ...empty, movedFragments: [row] })),
    ...identifiers.map((row) => ({ ...empty, identifiers: [row] })),
    ...persons.map((row) => ({ ...empty, persons: [row] })),
    { ...empty, removedPersons, changedPersons, retiredProfiles },
  ];
  const asked = async function* (): AsyncGenerator<PeopleLot> {
    for (const [index, lot] of lots.entries()) {
      onLot(index);
      yield lot;
    }
  };
  return { ...decision, ...empty, rules: { version: version(number), lots: asked() } };
}

/** What `IdentityAndProfiles`, `RulesVersions` and `Everybody` promise of rules, which every adapter keeps. */
export function rulesContract(harness: () => StateHarness): void {
  atomicLots(harness);
  versionsKept(harness);
  frozen(harness);
}

function decided(model: StateModel, happenings: readonly Happening[]): Decision {
  const decision = model.decision(happenings);
  model.apply(decision);
  return decision;
}

function atomicLots(harness: () => StateHarness): void {
  test.each(["fails", "crash"] as const)(
    "all of its lots or nothing, whichever write has the fault: %s",
    async (kind) => {
      const model = new StateModel(harness().hash);
      let store = await harness().open();
      await store.commit(decided(model, everybody));
      const decision = model.decision(regrouping);
      for (let nth = 1; ; nth++) {
        expect(nth).toBeLessThan(100);
        harness().fail({ nth, kind });
        const done = await store.commit(publishing(decision, 2)).then(
          () => true,
          () => false,
        );
        const hadFault = harness().met();
        harness().fail(null);
        if (kind === "crash" && hadFault) {
          await store.close();
          store = await harness().open();
        }
        if (done) break;
        expect(await store.rules()).toBeNull();
        await expectAgreed(store, harness(), model);
      }
      model.apply(decision);
      expect(await store.rules()).toEqual(version(2));
      await expectAgreed(store, harness(), model);
      await store.close();
    },
  );

  test("nothing of it where a lot cannot be told, and the reason goes through", async () => {
    const model = new StateModel(harness().hash);
    const store = await harness().open();
    await store.commit(decided(model, everybody));
    const decision = model.decision(regrouping);
    const failing = publishing(decision, 2, (index) => {
      if (index === 3) throw new Error("the third lot");
    });
    await expect(store.commit(failing)).rejects.toThrow("the third lot");
    await expectAgreed(store, harness(), model);
    await store.commit(publishing(decision, 2));
    model.apply(decision);
    await expectAgreed(store, harness(), model);
    await store.close();
  });
}

function versionsKept(harness: () => StateHarness): void {
  test("the greatest number holds, in whatever order versions come; all are kept", async () => {
    const model = new StateModel(harness().hash);
    const store = await harness().open();
    for (const number of [2, 4, 3]) {
      const decision = model.decision([{ who: 0, whom: 0, kind: "event" }]);
      await store.commit({
        ...decision,
        rules: { version: version(number), lots: publishing(decision, 2).rules!.lots },
      });
      model.apply(decision);
    }
    expect(await store.rules()).toEqual(version(4));
    const versions = harness().rulesVersions();
    expect(await versions.current()).toEqual(version(4));
    expect(await versions.byNumber(3)).toEqual(version(3));
    expect(await versions.byNumber(5)).toBeNull();
    expect(await versions.latest({ below: null, limit: 2 })).toEqual([version(4), version(3)]);
    expect(await versions.latest({ below: 3, limit: 2 })).toEqual([version(2)]);
    expect(
      (
        await harness()
          .people()
          .evidenceAround([loginOf(0)])
      ).rules,
    ).toEqual(version(4));
    await store.close();
  });
}

function frozen(harness: () => StateHarness): void {
  test("everybody is read as of one moment, whatever is committed meanwhile", async () => {
    const model = new StateModel(harness().hash);
    const store = await harness().open();
    await store.commit(decided(model, everybody));
    const seen = await store.everybody();
    const before = await picture(seen, model);
    await store.commit(publishing(decided(model, regrouping), 2));
    expect(await picture(seen, model)).toEqual(before);
    expect(before.persons).toBe(4);
    expect(before.combinations).toHaveLength(4);
    await seen.close();
    const now = await store.everybody();
    expect(await picture(now, model)).toMatchObject({ persons: 2 });
    expect(await now.componentNumbers(0, 1)).toHaveLength(1);
    expect((await now.combinations(0, 3)).rows).toHaveLength(3);
    const { next } = await now.combinations(0, 3);
    expect(await now.combinations(next ?? 0, 3)).toMatchObject({ rows: { length: 1 }, next: null });
    await now.close();
    await store.close();
  });
}

async function picture(everybody: Awaited<ReturnType<IdentityAndProfiles["everybody"]>>, model: StateModel) {
  const components = await everybody.componentNumbers(0, 100);
  const rows = await everybody.components(components);
  return {
    persons: (await everybody.counts()).persons,
    combinations: (await everybody.combinations(0, 100)).rows,
    identifiers: rows.identifiers.map(({ key, person }) => `${key} ${person}`).sort(),
    rules: await everybody.rules(),
    joiningNobody: (await everybody.joiningNobody(0, 100)).rows.length,
    edges: await everybody.edges([...model.identifiers.keys()], 100),
  };
}
