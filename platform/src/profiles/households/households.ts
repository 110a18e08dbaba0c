import {
  householdKindOf,
  type Household,
  type HouseholdId,
  type HouseholdKind,
  type SharedValue,
} from "../../model/household.ts";
import type { ProfileId } from "../../model/profile.ts";
import type { HouseholdReads } from "../../storage/households.ts";
import { householdRules } from "./rules.ts";
import type { Tie } from "./ties.ts";

type Person = number;

/**
 * Who lives with whom, of one moment. A value makes a household when two people have it and not too many. A person's
 * *home* is the surest such value of theirs; a value leads to the surest home that anybody of it has, and so on to one
 * whose people all have their home there: theirs is the household of all who come to it. So everybody has at most one,
 * and it depends on what people have, not on who asks. Nobody becomes one person by it.
 */
export class Households {
  readonly #reads: HouseholdReads;
  readonly #ties = new Map<Person, Tie[]>();
  readonly #people = new Map<HouseholdId, Person[]>();
  readonly #next = new Map<HouseholdId, HouseholdId>();

  constructor(reads: HouseholdReads) {
    this.#reads = reads;
  }

  ofPerson(person: Person): Household | null {
    const home = this.#homeOf(person);
    return home === null ? null : this.#from(home);
  }

  /** Of a value that people share; null where it makes none. */
  byId(id: HouseholdId): Household | null {
    return householdKindOf(id) === null || this.#peopleOf(id).length === 0 ? null : this.#from(id);
  }

  #from(start: HouseholdId): Household | null {
    let at = start;
    for (let step = 0; step <= householdRules.mostSteps; step++) {
      const next = this.#nextOf(at);
      if (next === at) return this.#told(at);
      at = next;
    }
    return null;
  }

  #tiesOf(person: Person): Tie[] {
    const known = this.#ties.get(person);
    if (known !== undefined) return known;
    const ties = this.#reads.tiesOf(person).filter(({ isHeld }) => isHeld);
    this.#ties.set(person, ties);
    return ties;
  }

  /** Who has it now; nobody when it makes no household. */
  #peopleOf(id: HouseholdId): Person[] {
    const known = this.#people.get(id);
    if (known !== undefined) return known;
    const carriers = this.#reads.carriersOf(id, householdRules.mostRecords) ?? [];
    const people = carriers.filter((person) => this.#tiesOf(person).some((tie) => tie.id === id));
    const most = householdRules.mostPeople[householdKindOf(id) ?? "phone"];
    const made = people.length < 2 || people.length > most ? [] : people;
    this.#people.set(id, made);
    return made;
  }

  #homeOf(person: Person): HouseholdId | null {
    return this.#tiesOf(person).find(({ id }) => this.#peopleOf(id).length > 0)?.id ?? null;
  }

  #nextOf(id: HouseholdId): HouseholdId {
    const known = this.#next.get(id);
    if (known !== undefined) return known;
    const homes = this.#peopleOf(id).map((person) => this.#homeOf(person) ?? id);
    const next = homes.reduce((least, home) => (home < least ? home : least), id);
    this.#next.set(id, next);
    return next;
  }

  /** Of a value that leads to itself: its people, and those of the values that lead to it. */
  #told(id: HouseholdId): Household | null {
    const kind = householdKindOf(id);
    if (kind === null) return null;
    const values = [{ id, steps: 0 }];
    const known = new Set([id]);
    const members = new Set<Person>();
    // `values` grows while it is walked.
    for (const value of values) {
      for (const person of this.#peopleOf(value.id).filter((each) => this.#homeOf(each) === value.id)) {
        if (members.size >= householdRules.mostMembers) return this.#household(id, kind, members, false);
        members.add(person);
        if (value.steps === householdRules.mostSteps) continue;
        for (const tie of this.#tiesOf(person)) {
          if (known.has(tie.id) || this.#peopleOf(tie.id).length === 0) continue;
          if (this.#nextOf(tie.id) !== value.id) continue;
          known.add(tie.id);
          values.push({ id: tie.id, steps: value.steps + 1 });
        }
      }
    }
    return this.#household(id, kind, members, true);
  }

  #household(id: HouseholdId, kind: HouseholdKind, people: ReadonlySet<Person>, isWhole: boolean): Household {
    const shared = new Map<HouseholdId, SharedValue>();
    const members = [...people].map((person) => ({ profileId: this.#reads.profileIdOf(person), person }));
    members.sort((one, other) => (one.profileId < other.profileId ? -1 : 1));
    for (const { profileId, person } of members) {
      for (const tie of this.#tiesOf(person)) {
        const others = this.#peopleOf(tie.id).filter((each) => each !== person && people.has(each));
        if (others.length > 0) addTo(shared, tie, profileId);
      }
    }
    const values = [...shared].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, value]) => value);
    const sharesOf = (profileId: ProfileId): HouseholdKind[] => [
      ...new Set(values.filter(({ profileIds }) => profileIds.includes(profileId)).map((value) => value.kind)),
    ];
    const told = members.map(({ profileId }) => ({ profileId, shares: sharesOf(profileId) }));
    return { id, kind, members: told, shared: values, isWhole };
  }
}

function addTo(shared: Map<HouseholdId, SharedValue>, { id, value }: Tie, profileId: ProfileId): void {
  const known = shared.get(id);
  if (known === undefined) shared.set(id, { kind: householdKindOf(id) ?? "phone", value, profileIds: [profileId] });
  else known.profileIds.push(profileId);
}
