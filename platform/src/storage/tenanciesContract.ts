import { beforeEach, expect, test } from "vitest";
import type { Sighting } from "../model/fragment.ts";
import type { IdentityAndProfiles, TenancyChange, WrittenFragment } from "./identityAndProfiles.ts";
import type { StateHarness } from "./stateContract.ts";
import { StateModel } from "./stateModel.ts";

const [tablet, phone] = ["device_id:tablet", "device_id:phone"];
const nothing: TenancyChange = { refolded: [], rehomed: [], emptied: [], held: [], tallies: [] };

function sightings(count: number, from = 0): Sighting[] {
  return Array.from({ length: count }, (_, n) => ({
    at: from + n,
    position: 1_000 + from + n,
    logout: n === 3 ? 2 : 0,
  }));
}

type Given = Partial<WrittenFragment["row"]> & { id: string; identifiers: string[]; tenant?: string; count?: number };

function fragment(
  { id, identifiers, tenant, count = 1, handed }: Given,
  more: Partial<WrittenFragment>,
): WrittenFragment {
  const spans = { web: { count, firstAt: 0, firstMessageId: "m", lastAt: 0 } };
  const state = { id, identifiers, spans, traits: {}, consents: {}, ...(tenant === undefined ? {} : { tenant }) };
  const row = { state, person: 0, ...(handed === undefined ? {} : { handed }) };
  return { row, isNew: true, detailChanged: false, ...more };
}

/** What `IdentityAndProfiles` promises of devices that change hands, which every adapter keeps. */
export function tenanciesContract(harness: () => StateHarness): void {
  let store: IdentityAndProfiles;
  let model: StateModel;
  /** Each decision is beyond the one before, though nothing is told of its records. */
  let position = 0;
  beforeEach(async () => {
    position = 0;
    model = new StateModel(harness().hash);
    store = await harness().open();
  });
  const commit = async (fragments: WrittenFragment[], tenancies?: TenancyChange): Promise<void> => {
    const decision = model.decision([]);
    model.apply(decision);
    await store.commit({
      ...decision,
      position: (position += 1),
      fragments,
      ...(tenancies === undefined ? {} : { tenancies }),
    });
  };
  const seenOf = async (id: string): Promise<Sighting[]> =>
    ((await store.sightings([id])).get(id) ?? []).toSorted((one, other) => one.position - other.position);
  const own = { id: "own", identifiers: [tablet, phone].sort() };
  const handed = { base: "own", device: tablet };

  test("sightings are those of all decisions, however many came in each", async () => {
    await commit([fragment(own, { sightings: sightings(2) })]);
    let all = 2;
    for (const count of [1, 60, 1, 200, 63, 0, 1]) {
      all += count;
      const more = { isNew: false, sightings: sightings(count, all - count) };
      await commit([fragment({ ...own, count: all }, more)]);
    }
    expect((await seenOf("own")).map(({ at }) => at)).toEqual(Array.from({ length: all }, (_, n) => n));
    await commit([fragment({ ...own, count: 2 }, { isNew: false, sightings: sightings(2) })], {
      ...nothing,
      refolded: ["own"],
    });
    expect(await seenOf("own")).toEqual(sightings(2));
    await commit([fragment({ id: "many", identifiers: [tablet] }, { sightings: sightings(500) })]);
    expect(await seenOf("many")).toEqual(sightings(500));
  });

  test("a device's combinations are found by it, whoever has what of them", async () => {
    const tenants = fragment({ id: "anna's", identifiers: own.identifiers, tenant: "user_id:anna", handed }, {});
    await commit([fragment(own, {}), tenants, fragment({ id: "other", identifiers: [phone] }, {})]);
    const found = async (device: string) =>
      new Map((await store.fragmentsOfDevices([device])).map(({ id, base, device: of }) => [id, [base, of]]));
    expect(await found(tablet)).toEqual(
      new Map([
        ["anna's", ["own", tablet]],
        ["own", ["own", null]],
      ]),
    );
    expect((await found(phone)).size).toBe(3);
    await commit([], {
      ...nothing,
      emptied: [{ fragment: "own", base: "own" }],
      rehomed: [{ fragment: "anna's", device: phone }],
    });
    expect(await found(tablet)).toEqual(new Map([["anna's", ["own", phone]]]));
    expect(await store.crowdedDevices([tablet, phone, "device_id:none"], 1)).toEqual(new Set([phone]));
    expect(await store.crowdedDevices([tablet, phone], 2)).toEqual(new Set());
  });

  test("of who has a device only what changes is written, and a device that is nobody's has no entry", async () => {
    const [own, annas, nobodys] = [
      { from: null, tenant: null },
      { from: -5, tenant: "user_id:anna" },
      { from: 7, tenant: null },
    ];
    await commit([], { ...nothing, held: [{ device: tablet, gone: [], come: [own, annas, nobodys] }] });
    expect(await store.tenancies([tablet, phone])).toEqual(new Map([[tablet, [own, annas, nobodys]]]));
    expect(await store.sharedDevices("", 10)).toEqual([tablet]);
    const bens = { from: null, tenant: "user_id:ben" };
    await commit([], { ...nothing, held: [{ device: tablet, gone: [null, 7], come: [bens] }] });
    expect(await harness().people().tenancies([tablet])).toEqual(new Map([[tablet, [bens, annas]]]));
    await commit([], { ...nothing, held: [{ device: tablet, gone: [null, -5], come: [] }] });
    expect(await store.tenancies([tablet])).toEqual(new Map());
    expect(await store.sharedDevices("", 10)).toEqual([]);
  });

  test("a device's events are counted until they are not any more", async () => {
    const tally = { combinations: 2, events: 9, lastAt: -3 };
    await commit([], { ...nothing, tallies: [{ device: tablet, tally: { ...tally, events: 8 } }] });
    await commit([], { ...nothing, tallies: [{ device: tablet, tally }] });
    expect(await store.deviceTallies([tablet, phone])).toEqual(new Map([[tablet, tally]]));
    expect(await store.sharedDevices("", 10)).toEqual([tablet]);
    await commit([], { ...nothing, tallies: [{ device: tablet, tally: null }] });
    expect(await store.deviceTallies([tablet])).toEqual(new Map());
    expect(await store.sharedDevices("", 10)).toEqual([]);
  });

  test("a combination's fragments are found by it, and whose they are by who had the device", async () => {
    const tenants = fragment({ id: "anna's", identifiers: own.identifiers, tenant: "user_id:anna", handed }, {});
    tenants.row.person = 7;
    await commit([fragment(own, {}), tenants, fragment({ id: "other", identifiers: [phone] }, {})]);
    const found = async (...bases: string[]) =>
      new Map((await store.fragmentsOfCombinations(bases)).map(({ id, base }) => [id, base]));
    const both: [string, string][] = [
      ["anna's", "own"],
      ["own", "own"],
    ];
    expect(await found("own")).toEqual(new Map(both));
    expect(await found("own", "other", "none")).toEqual(new Map([...both, ["other", "other"]]));
    expect(await store.personsOfTenants(tablet, ["user_id:anna", "user_id:ben"])).toEqual([7]);
    expect(await store.personsOfTenants(phone, ["user_id:anna"])).toEqual([]);
  });
}
