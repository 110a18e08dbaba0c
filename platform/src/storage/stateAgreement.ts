import { expect } from "vitest";
import { verdicts } from "../model/correction.ts";
import { profileIdOf } from "../model/keyedHash.ts";
import { isCorrection } from "../model/correction.ts";
import type { Corrections, Links } from "./corrections.ts";
import type { Fates } from "./fates.ts";
import type { IdentityAndProfiles } from "./identityAndProfiles.ts";
import type { People, PeopleOfFile } from "./people.ts";
import { rejectionsAgree } from "./rejectionsAgreement.ts";
import type { StateHarness } from "./stateContract.ts";
import { emailOf, fragmentOf, loginOf, messageKey, orderKey, StateModel, worldSize } from "./stateModel.ts";

/** Everything that can be asked is answered as the model has it. */
export async function expectAgreed(
  store: IdentityAndProfiles,
  harness: Pick<StateHarness, "fates" | "people" | "peopleOfFile" | "corrections" | "links">,
  model: StateModel,
): Promise<void> {
  await storeAgrees(store, model);
  await fatesAgree(harness.fates(), model);
  await peopleAgree(harness.people(), model);
  const ofFile = harness.peopleOfFile?.();
  if (ofFile !== undefined) await peopleOfFileAgree(ofFile, model);
  await correctionsAgree(harness.corrections(), model);
  await linksAgree(harness.links(), model);
}

const everybody = Array.from({ length: worldSize }, (_, who) => who);
/** Everybody's, and one that nobody has. */
const someKeys = [...everybody.flatMap((who) => [loginOf(who), emailOf(who)]), "user_id:nobody"];

async function storeAgrees(store: IdentityAndProfiles, model: StateModel): Promise<void> {
  expect(await store.position()).toBe(model.position);
  expect(await store.nextNumber()).toBeGreaterThan(Math.max(0, ...model.persons.keys()));
  const ids = [...everybody, worldSize].map(fragmentOf);
  expect(plain(await store.fragments(ids, new Set(ids)))).toEqual(plain(model.fragments));
  const withoutDetail = [...model.fragments].map(
    ([id, row]) => [id, { ...row, state: { ...row.state, traits: {}, consents: {} } }] as const,
  );
  expect(plain(await store.fragments(ids, new Set()))).toEqual(plain(new Map(withoutDetail)));
  const owners = [...model.fragments].map(([id, { person }]) => [id, person] as const);
  expect(plain(await store.personsOfFragments(ids))).toEqual(plain(new Map(owners)));
  expect(plain(await store.identifiers(someKeys))).toEqual(plain(model.identifiers));
  for (const key of [loginOf(0), loginOf(2)]) {
    const touching = [...model.edges.values()].filter(({ a, b }) => a === key || b === key);
    expect(sorted(await store.edges([key], 99))).toEqual(sorted(touching));
    const outgoing = touching.filter(({ a }) => a === key);
    expect((await store.edges([key], 1)).filter(({ a }) => a === key)).toHaveLength(Math.min(1, outgoing.length));
    const to2 = outgoing.filter(({ b }) => b === loginOf(2));
    expect(sorted(await store.edgesBetween([{ a: key, b: loginOf(2) }]))).toEqual(sorted(to2));
  }
  expect(sorted(await store.edges(someKeys, 99))).toEqual(sorted([...model.edges.values()]));
  const unmended = model.rejected.filter((_, index) => model.states[index] !== "mended");
  const refused = await store.refused([...everybody, worldSize].map(messageKey));
  expect(refused).toEqual(new Set(unmended.map((row) => row.messageKey)));
  expect(sorted(await store.corrections(someKeys))).toEqual(sorted(model.corrections));
  expect(sorted(await store.corrections([loginOf(1)]))).toEqual(sorted(correctionsOf(loginOf(1), model)));
  const numbers = [...everybody, worldSize].map((who) => who + 1);
  expect(plain(await store.persons(numbers))).toEqual(plain(model.persons));
  expect(plain(await store.orders([...everybody, worldSize].map(orderKey)))).toEqual(plain(model.orders));
  await componentsAgree(store, model);
}

async function componentsAgree(store: IdentityAndProfiles, model: StateModel): Promise<void> {
  const persons = [...model.persons.values()];
  const alone = persons.filter((row) => persons.filter(({ component }) => component === row.component).length === 1);
  const found = await store.personsAlone([...model.persons.keys()]);
  const keysOf = (person: number) => [...model.identifiers.values()].filter((row) => row.person === person);
  const isCrossed = (person: number): boolean =>
    model.crossings.some(
      ({ identifier, fragment }) =>
        keysOf(person).some(({ key }) => key === identifier) || model.fragments.get(fragment)?.person === person,
    );
  const untouched = alone.filter(
    ({ person }) => !isCrossed(person) && keysOf(person).every(({ key }) => correctionsOf(key, model).length === 0),
  );
  expect(found).toEqual(new Set(untouched.map(({ person }) => person)));
  for (const component of new Set(persons.map((row) => row.component))) {
    const members = new Set(persons.filter((row) => row.component === component).map(({ person }) => person));
    const rows = await store.components([component]);
    expect(new Set(rows.persons.map(({ person }) => person))).toEqual(members);
    expect(rows.persons).toHaveLength(members.size);
    const keys = [...model.identifiers.values()].filter(({ person }) => members.has(person)).map(({ key }) => key);
    expect(rows.identifiers.map(({ key }) => key).toSorted()).toEqual(keys.toSorted());
    const crossing = model.crossings.filter(({ identifier }) => keys.includes(identifier));
    const crosses = (id: string): boolean => crossing.some(({ fragment }) => fragment === id);
    const fragments = [...model.fragments.values()].filter(
      ({ person, state }) => members.has(person) || crosses(state.id),
    );
    expect(sorted(rows.fragments)).toEqual(
      sorted(fragments.map(({ person, state: { id, identifiers, spans } }) => ({ id, person, identifiers, spans }))),
    );
    expect(sorted(await store.identifiersOf([...members]))).toEqual(sorted(rows.identifiers));
    expect(sorted(await store.fragmentsOf([...members]))).toEqual(
      sorted(
        fragments.filter(({ person }) => members.has(person)).map(({ person, state }) => ({ id: state.id, person })),
      ),
    );
  }
}

function correctionsOf(key: string, { corrections }: StateModel) {
  return corrections.filter(({ a, b }) => a === key || b === key);
}

const any = { verdict: null, by: null };

async function correctionsAgree(corrections: Corrections, model: StateModel): Promise<void> {
  const newest = model.corrections.filter(isCorrection).toReversed();
  expect(plain(await corrections.latest({ ...any, before: null, limit: 2 }))).toEqual(plain(newest.slice(0, 2)));
  const [first] = newest;
  const older = await corrections.latest({ ...any, before: first?.position ?? 0, limit: 100 });
  expect(plain(older)).toEqual(plain(newest.slice(1)));
  for (const verdict of verdicts) {
    const said = await corrections.latest({ ...any, verdict, before: null, limit: 100 });
    expect(plain(said)).toEqual(plain(newest.filter((each) => each.verdict === verdict)));
  }
  expect(await corrections.latest({ ...any, by: "nobody", before: null, limit: 100 })).toEqual([]);
  expect(plain(await corrections.latest({ ...any, by: "t1", before: null, limit: 100 }))).toEqual(plain(newest));
  expect(plain(await corrections.byId(first?.id ?? "none"))).toEqual(plain(first ?? null));
  expect(sorted(await corrections.of([emailOf(0)]))).toEqual(
    sorted(correctionsOf(emailOf(0), model).filter(isCorrection)),
  );
  const link = model.corrections.find((each) => !isCorrection(each));
  expect(await corrections.byId(link?.id ?? "none")).toBeNull();
}

async function linksAgree(links: Links, model: StateModel): Promise<void> {
  const all = model.corrections.filter((each) => !isCorrection(each));
  const linked = all.filter(({ verdict }) => verdict === "probable");
  expect(plain(await links.ofRun("t1", { after: -1, limit: 2 }))).toEqual(plain(linked.slice(0, 2)));
  const rest = await links.ofRun("t1", { after: linked[0]?.position ?? 0, limit: 100 });
  expect(plain(rest)).toEqual(plain(linked.slice(1)));
  expect(await links.ofRun("t2", { after: -1, limit: 2 })).toEqual([]);
  expect(plain(await links.byId(all[0]?.id ?? "none"))).toEqual(plain(all[0] ?? null));
  const person = model.corrections.find(isCorrection);
  expect(await links.byId(person?.id ?? "none")).toBeNull();
  const touching = correctionsOf(emailOf(0), model).filter((each) => !isCorrection(each));
  expect(sorted(await links.of([emailOf(0)]))).toEqual(sorted(touching));
}

async function fatesAgree(fates: Fates, model: StateModel): Promise<void> {
  expect(await fates.decidedUntil()).toBe(model.position);
  for (const who of everybody) {
    const latest = model.rejected.filter((each) => each.messageKey === messageKey(who)).at(-1);
    const rejection = latest === undefined ? null : { position: latest.position, reason: latest.reason };
    expect(await fates.rejectionOf(messageKey(who))).toEqual(rejection);
    const again = model.seenAgain.filter(({ first }) => first === who);
    const expected = { count: again.length, differs: again.some(({ differs }) => differs) };
    expect(await fates.duplicatesOf(who)).toEqual(expected);
  }
  await rejectionsAgree(fates, model);
  for (const position of [0, model.position >> 1, model.position - 1, model.position, model.position + 5]) {
    const batch = model.batches.find(({ until }) => until > position);
    expect(await fates.processedAt(position)).toBe(batch?.processedAt ?? null);
  }
  expect(await fates.counts()).toEqual({
    processed: model.batches.reduce((sum, { processed }) => sum + processed, 0),
    rejected: model.rejected.length,
    duplicates: model.seenAgain.length,
  });
}

async function peopleAgree(people: People, model: StateModel): Promise<void> {
  for (const key of someKeys) {
    const row = model.identifiers.get(key);
    const person = row === undefined ? undefined : model.persons.get(row.person);
    const record = await people.byProfileId(profileIdOf(model.hash, key));
    expect(record?.profileId ?? null).toBe(person?.profileId ?? null);
    if (person === undefined || record === null) continue;
    const own = [...model.fragments.values()].filter((fragment) => fragment.person === person.person);
    expect(sorted(record.fragments)).toEqual(sorted(own.map(({ state }) => state)));
    const keys = [...model.identifiers.values()].filter((each) => each.person === person.person);
    const named = keys.map((each) => ({ ...each, id: profileIdOf(model.hash, each.key) }));
    expect(sorted(record.identifiers)).toEqual(sorted(named));
    const orders = [...model.orders.values()].filter(({ ownerFragment }) =>
      own.some(({ state }) => state.id === ownerFragment),
    );
    expect(sorted(record.orders)).toEqual(sorted(orders.map(({ state }) => state)));
    const owned = await people.ordersOf(own.map(({ state }) => state.id));
    expect(sorted(owned)).toEqual(sorted(orders));
    expect((await people.fragmentsOf(record.profileId))?.toSorted()).toEqual(
      own.map(({ state }) => state.id).toSorted(),
    );
    const around = await people.evidenceAround([key]);
    const crossing = model.crossings.filter(({ identifier }) => identifier === key);
    const shown = [...own.map(({ state }) => state.id), ...crossing.map(({ fragment }) => fragment)];
    for (const id of shown) expect(around.fragments.map((fragment) => fragment.id)).toContain(id);
    const members = [...model.persons.values()].filter(({ component }) => component === person.component);
    for (const each of around.identifiers) {
      expect(around.outside.has(each.key)).toBe(!members.some((member) => member.person === each.person));
    }
    expect(around.identifiers.map((each) => each.key)).toContain(key);
    for (const correction of correctionsOf(key, model)) expect(around.corrections).toContainEqual(correction);
  }
  for (const who of everybody) {
    const person = model.persons.get(model.fragments.get(fragmentOf(who))?.person ?? 0);
    expect(await people.profileIdOfFragment(fragmentOf(who), 0)).toBe(person?.profileId ?? null);
  }
}

async function peopleOfFileAgree(people: PeopleOfFile, model: StateModel): Promise<void> {
  for (const { person, profileId } of model.persons.values()) {
    expect(people.livingIdOf(person)).toBe(profileId);
    expect(plain(people.byPerson(person))).toEqual(plain(await people.byProfileId(profileId)));
  }
  const all = people.byPersons([...everybody, worldSize].map((who) => who + 1));
  expect(new Set(all.keys())).toEqual(new Set(model.persons.keys()));
}

/** As JSON: what an adapter gives may have no prototype, and maps have an order that means nothing. */
function plain(value: unknown): unknown {
  return value instanceof Map
    ? JSON.parse(JSON.stringify([...value].toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1))))
    : JSON.parse(JSON.stringify(value));
}
function sorted(list: readonly unknown[]): unknown[] {
  return list.map((each) => canonical(each)).toSorted();
}
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
