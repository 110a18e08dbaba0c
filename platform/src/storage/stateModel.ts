import * as fc from "fast-check";
import type { ExplicitEdge } from "../model/evidence.ts";
import { linkVerdicts, verdicts } from "../model/correction.ts";
import type { FragmentId } from "../model/fragment.ts";
import { profileIdOf, type KeyedHash } from "../model/keyedHash.ts";
import type { OrderState } from "../model/order.ts";
import { causeOf } from "../model/rejectionCause.ts";
import type { Position } from "../model/position.ts";
import type { RejectionState } from "./fates.ts";
import type {
  Crossing,
  Decision,
  FragmentRow,
  IdentifierRow,
  PersonNumber,
  PersonRow,
  StoredStatement,
} from "./identityAndProfiles.ts";

/** How many customers the world of a contract test has: few, so that they meet often. */
export const worldSize = 5;

/** What happens in one batch to one customer, who has one login, one e-mail, one fragment and one order. */
export interface Happening {
  who: number;
  kind:
    | "event"
    | "identify"
    | "order"
    | "alias"
    | "merge"
    | "split"
    | "rejected"
    | "mended"
    | "again"
    | "correct"
    | "cross";
  /** The other one of an alias, merge or split. */
  whom: number;
}

export const happening: fc.Arbitrary<Happening> = fc.record({
  who: fc.nat(worldSize - 1),
  whom: fc.nat(worldSize - 1),
  kind: fc.constantFrom(
    "event",
    "event",
    "identify",
    "order",
    "alias",
    "merge",
    "split",
    "rejected",
    "mended",
    "again",
    "correct",
    "cross",
  ),
});

/**
 * What a store has to hold, in maps: the slow, obvious oracle of the contract suites. `decision` says what a batch of
 * happenings changes, as ingestion would; `apply` makes it so.
 */
export class StateModel {
  readonly hash: KeyedHash;
  position: Position = 0;
  fragments = new Map<FragmentId, FragmentRow>();
  identifiers = new Map<string, IdentifierRow>();
  persons = new Map<PersonNumber, PersonRow>();
  edges = new Map<string, ExplicitEdge>();
  corrections: StoredStatement[] = [];
  orders = new Map<string, { state: OrderState; ownerFragment: FragmentId }>();
  crossings: Crossing[] = [];
  rejected: Decision["rejected"] = [];
  /** Of each refusal, at the same place. */
  states: RejectionState[] = [];
  mended: string[] = [];
  seenAgain: Decision["seenAgain"] = [];
  batches: { until: Position; processedAt: number; processed: number }[] = [];

  constructor(hash: KeyedHash) {
    this.hash = hash;
  }

  #copy(): StateModel {
    const { position, fragments, identifiers, persons, edges, corrections, crossings, orders } = this;
    const { rejected, states, mended, seenAgain } = this;
    const people = { fragments, identifiers, persons, edges, corrections, crossings, orders };
    const held = { position, ...people, rejected, states, mended, seenAgain };
    return Object.assign(new StateModel(this.hash), structuredClone(held));
  }

  decision(happenings: readonly Happening[]): Decision {
    const next = this.#copy();
    const touched = { fragments: new Set<string>(), details: new Set<string>(), orders: new Set<string>() };
    let at = this.position;
    for (const each of happenings) next.#happen(each, at++, touched);
    const changed = [...next.persons.values()].filter(
      (row) =>
        differs(this.persons.get(row.person), row) ||
        [...touched.fragments].some((id) => next.fragments.get(id)?.person === row.person) ||
        [...this.fragments].some(
          ([id, { person }]) => person === row.person && next.fragments.get(id)?.person !== row.person,
        ) ||
        [...next.identifiers.values()].some(
          (each) => each.person === row.person && this.#owner(each.key) !== row.person,
        ),
    );
    return {
      position: at,
      processedAt: 1_000 + at,
      processed: happenings.filter(({ kind }) => !["rejected", "mended", "again"].includes(kind)).length,
      fragments: [...touched.fragments].map((id) => ({
        row: structuredClone(next.fragments.get(id) as FragmentRow),
        isNew: !this.fragments.has(id),
        detailChanged: touched.details.has(id),
      })),
      movedFragments: [...next.fragments.values()]
        .filter(({ state, person }) => this.fragments.has(state.id) && this.fragments.get(state.id)?.person !== person)
        .map(({ state, person }) => ({ id: state.id, person })),
      crossings: next.crossings.slice(this.crossings.length),
      identifiers: [...next.identifiers.values()].filter((row) => differs(this.identifiers.get(row.key), row)),
      persons: [...next.persons.values()].filter((row) => differs(this.persons.get(row.person), row)),
      removedPersons: [...this.persons.keys()].filter((person) => !next.persons.has(person)),
      edges: [...next.edges.values()].filter((edge) => differs(this.edges.get(edgeName(edge)), edge)),
      corrections: next.corrections.slice(this.corrections.length),
      orders: [...touched.orders].map((key) => structuredClone(next.orders.get(key)!)),
      changedPersons: changed.map(({ person }) => person),
      retiredProfiles: [...this.persons.values()]
        .map(({ profileId }) => profileId)
        .filter((id) => ![...next.persons.values()].some(({ profileId }) => profileId === id)),
      rejected: next.rejected.slice(this.rejected.length),
      mended: next.mended.slice(this.mended.length),
      seenAgain: next.seenAgain.slice(this.seenAgain.length),
      received: [],
      violations: [],
      onlyActive: [],
      onlyOrders: [],
      ties: [],
    };
  }

  apply(decision: Decision): void {
    this.position = decision.position;
    for (const { row } of decision.fragments) this.fragments.set(row.state.id, structuredClone(row));
    for (const { id, person } of decision.movedFragments) this.fragments.get(id)!.person = person;
    this.crossings.push(...decision.crossings);
    for (const row of decision.identifiers) this.identifiers.set(row.key, row);
    for (const person of decision.removedPersons) this.persons.delete(person);
    for (const row of decision.persons) this.persons.set(row.person, row);
    for (const edge of decision.edges) this.edges.set(edgeName(edge), edge);
    this.corrections.push(...decision.corrections);
    for (const order of decision.orders) this.orders.set(order.state.key, structuredClone(order));
    for (const row of decision.rejected) {
      if (!row.isTaken) this.#settle(row.messageKey, "replaced");
      this.rejected.push(row);
      this.states.push(row.isTaken ? "mended" : "open");
    }
    for (const key of decision.mended) this.#settle(key, "mended");
    this.mended.push(...decision.mended);
    this.seenAgain.push(...decision.seenAgain);
    const { position, processedAt, processed } = decision;
    this.batches.push({ until: position, processedAt, processed });
  }

  /** Of a message's refusals, those that are open; mended, those that were replaced too. */
  #settle(key: string, as: RejectionState): void {
    for (const [index, { messageKey: of }] of this.rejected.entries()) {
      if (of === key && (this.states[index] === "open" || as === "mended")) this.states[index] = as;
    }
  }

  #owner(key: string): PersonNumber {
    return this.identifiers.get(key)?.person ?? 0;
  }

  #happen(
    { who, whom, kind }: Happening,
    at: Position,
    touched: { fragments: Set<string>; details: Set<string>; orders: Set<string> },
  ): void {
    if (kind === "rejected") {
      const reason = { code: "missing_user", message: "it names nobody", field: "userId" };
      const cause = causeOf("web", reason, { type: "track", event: `e${whom % 2}` });
      const row = { position: at, messageKey: messageKey(who), source: "web", messageId: `m${who}`, reason, cause };
      this.rejected.push({ ...row, receivedAt: at % 4 === 0 ? null : at, isTaken: whom === 0 });
      return;
    }
    if (kind === "mended") {
      this.mended.push(messageKey(who));
      return;
    }
    if (kind === "again") {
      this.seenAgain.push({ position: at, first: who, differs: whom % 2 === 0 });
      return;
    }
    if (kind === "correct") {
      const [a = "", b = ""] = [loginOf(who), emailOf(whom)].toSorted();
      const all = [...verdicts, ...linkVerdicts];
      const verdict = all[at % all.length] ?? "same";
      const correction = { id: `c${at}`, verdict, a, b, by: "t1", reason: "I asked", receivedAt: at };
      const likely = verdict === "probable" ? { confidence: 0.97 } : {};
      this.corrections.push({ ...correction, ...likely, position: at });
      return;
    }
    const row = this.#seen(who, at);
    // Now and then once more: known ones may come again.
    if (kind === "cross") this.crossings.push({ identifier: emailOf(whom), fragment: row.state.id });
    touched.fragments.add(row.state.id);
    if (kind === "identify") {
      touched.details.add(row.state.id);
      row.state.traits["name"] = { value: `n${at}`, source: "web", messageId: `m${at}`, occurredAt: at };
      row.state.consents["marketing"] = { status: "granted", source: "web", messageId: `m${at}`, occurredAt: at };
    }
    if (kind === "order") {
      touched.orders.add(orderKey(who));
      this.orders.set(orderKey(who), { state: orderOf(who, at, row.state.id), ownerFragment: row.state.id });
    }
    if (kind === "alias" && who !== whom) {
      const common = { source: "web", firstAt: at, firstMessageId: `m${at}`, lastAt: at, count: 1, confidence: 1 };
      const edge: ExplicitEdge = { a: loginOf(who), b: loginOf(whom), rule: "alias", ...common };
      const before = this.edges.get(edgeName(edge));
      this.edges.set(edgeName(edge), before === undefined ? edge : { ...before, lastAt: at, count: before.count + 1 });
    }
    if (kind === "merge") this.#move(whom, row.person);
    if (kind === "split") this.#move(who, who + 1);
  }

  /** Makes who they are on their first event, counts on each. */
  #seen(who: number, at: Position): FragmentRow {
    const id = fragmentOf(who);
    let row = this.fragments.get(id);
    if (row === undefined) {
      const identifiers = [emailOf(who), loginOf(who)];
      row = { person: who + 1, state: { id, identifiers, spans: {}, traits: {}, consents: {} } };
      this.fragments.set(id, row);
      for (const key of identifiers) {
        const seenWith = key === emailOf(who) ? [loginOf(who)] : [];
        this.identifiers.set(key, { key, person: who + 1, decision: "ordinary", seenWith, firstAt: at });
      }
      this.persons.set(who + 1, { person: who + 1, component: who + 1, profileId: this.#idOf(who + 1) });
    }
    const source = at % 3 === 0 ? "erp" : "web";
    const span = row.state.spans[source] ?? { count: 0, firstAt: at, firstMessageId: `m${at}`, lastAt: at };
    row.state.spans[source] = { ...span, count: span.count + 1, lastAt: at };
    return row;
  }

  /** Gives somebody's identifiers and fragment to a person, who then exists; one without any is removed. */
  #move(who: number, person: PersonNumber): void {
    const row = this.fragments.get(fragmentOf(who));
    if (row === undefined || row.person === person) return;
    const left = row.person;
    row.person = person;
    for (const key of row.state.identifiers) {
      this.identifiers.set(key, { ...(this.identifiers.get(key) as IdentifierRow), person });
    }
    for (const each of [left, person]) {
      if (![...this.identifiers.values()].some((known) => known.person === each)) this.persons.delete(each);
      else {
        this.persons.set(each, { person: each, component: Math.min(person, left), profileId: this.#idOf(each) });
      }
    }
  }

  /** That of its earliest identifier. */
  #idOf(person: PersonNumber): string {
    const own = [...this.identifiers.values()].filter((row) => row.person === person);
    const [first] = own.toSorted((a, b) => a.firstAt - b.firstAt || (a.key < b.key ? -1 : 1));
    return profileIdOf(this.hash, first?.key ?? "");
  }
}

export function loginOf(who: number): string {
  return `user_id:u${who}`;
}
export function emailOf(who: number): string {
  return `email:u${who}@example.com`;
}
export function fragmentOf(who: number): FragmentId {
  return `f${who}`.padEnd(16, "_");
}
export function orderKey(who: number): string {
  return `o${who}`.padEnd(16, "_");
}
export function messageKey(who: number): string {
  return `m${who}`.padEnd(16, "_");
}

function edgeName({ a, b, source }: ExplicitEdge): string {
  return `${a}\n${b}\n${source}`;
}

function differs(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) !== JSON.stringify(other);
}

function orderOf(who: number, at: Position, fragment: FragmentId): OrderState {
  const common = { rank: 3, source: "web", channel: "web", messageId: `m${at}`, occurredAt: at, receivedAt: at };
  const stated = { completes: true, isGuest: false, currencyAssumed: false, statesMoney: true };
  const sale = { ...common, ...stated, fragment, currency: "GBP", grossMinor: 100 + at, lines: [] };
  return { key: orderKey(who), orderId: `order ${who}`, sales: [sale], refunds: {} };
}
