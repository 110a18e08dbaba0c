import { isoTime } from "../../model/isoTime.ts";
import type { Join } from "../../model/join.ts";
import { eventText, type EventSink } from "./eventSink.ts";
import { matches, matchesJoin, wants, wantsDuplicatesByName, type StreamFilter, type WatchedPerson } from "./filter.ts";
import { frontierId, type Frontier } from "./frontier.ts";
import { maxAwaited, maxStalledMs, maxToldPerFlush } from "./limits.ts";
import { takenAt } from "./logged.ts";
import type { StreamReads } from "./reads.ts";
import { sampler } from "./sampler.ts";
import type { StreamRates, StreamRecord, Taken } from "./streamTypes.ts";
import { joinView, recordView } from "./views.ts";

/** Of one look among what a batch decided. */
const maxDuplicatesRead = 200;

export interface SubscriberParts {
  filter: StreamFilter;
  sink: EventSink;
  reads: StreamReads;
  now: () => number;
  /** Where it begins: what came before is not shown. */
  from: Frontier;
}

/** `taken`: as it came; `decided`: one of which only the decision is asked for. */
type Shown = { kind: "taken" | "decided"; taken: Taken } | { kind: "joined"; join: Join };

/** One who watches: what it is shown, in which order, and what it is told of what it was not shown. */
export class Subscriber {
  readonly #parts: SubscriberParts;
  readonly #sampler = sampler<Shown>();
  /** Shown as they came, oldest first, and to be told again when they are decided. */
  #awaited: Taken[] = [];
  #person: WatchedPerson | null = null;
  #told: Frontier;
  #duplicatesFrom: number;
  #skipped = 0;
  #stalledSince: number | null = null;
  readonly totals = { shown: 0, sampledOut: 0, skipped: 0 };

  constructor(parts: SubscriberParts) {
    this.#parts = parts;
    this.#told = parts.from;
    this.#duplicatesFrom = parts.from.decided;
  }

  /** Cheap: it is asked for every record. */
  offer(taken: Taken): void {
    const { filter } = this.#parts;
    const isRejected = taken.record.status === "rejected";
    const isWanted = isRejected ? wants(filter, "rejected") : wants(filter, "accepted") || wants(filter, "processed");
    if (!isWanted || !matches(filter, taken, this.#person)) return;
    if (isRejected) this.#sampler.offerRare({ kind: "taken", taken });
    else this.#sampler.offerOrdinary({ kind: "taken", taken });
  }

  offerJoin(join: Join): void {
    if (matchesJoin(this.#parts.filter, join)) this.#sampler.offerRare({ kind: "joined", join });
  }

  /** Looks up the person that the filter names, as it is now. */
  async refreshPerson(): Promise<void> {
    const { filter, reads } = this.#parts;
    if (filter.profileId !== null) this.#person = await reads.person(filter.profileId);
  }

  /** A record that was shown before, or is being shown: it is told again once it is decided. */
  await(taken: Taken): void {
    if (!wants(this.#parts.filter, "processed") && !wants(this.#parts.filter, "duplicate")) return;
    this.#awaited.push(taken);
    if (this.#awaited.length > maxAwaited) {
      this.#awaited.shift();
      this.#skipped += 1;
    }
  }

  /** Shows what was chosen, and tells again what was decided; `until`: how far all that is. */
  async flush(until: Frontier): Promise<void> {
    if (until.decided > this.#told.decided) await this.refreshPerson();
    await this.#offerDuplicates(until);
    const chosen = this.#sampler.take();
    for (const shown of chosen) await this.#show(shown);
    await this.#tellDecisions(until);
    // What still waits would be lost to one who comes back with a later id.
    const decided = this.#awaited.reduce((least, { position }) => Math.min(least, position), until.decided);
    if (this.#sampler.waiting() === 0) this.#told = { ...until, decided };
  }

  /** Something to show or to tell. */
  isBusy(): boolean {
    return this.#awaited.length > 0 || this.#sampler.waiting() > 0;
  }

  /** What its messages say of how far it was told: less than where it stands while it is told what it missed. */
  standAt(told: Frontier): void {
    this.#told = told;
  }

  /** Ends a second. `ratesJson` is that second's {@link StreamRates}; `sampled` is added to it. */
  tick(ratesJson: string): void {
    const { shown, of } = this.#sampler.endSecond();
    const sampled = of > shown ? { shown, of } : null;
    this.totals.shown += shown;
    this.totals.sampledOut += Math.max(0, of - shown);
    this.#tellSkipped();
    this.send("rates", `${ratesJson.slice(0, -1)},"sampled":${JSON.stringify(sampled)}}`, frontierId(this.#told));
  }

  /** With an id from the start: a connection that breaks in its first second can be gone on with too. */
  greet(history: readonly StreamRates[]): void {
    this.#parts.sink.send("retry: 1000\n\n");
    const items = history.map((rates) => ({ ...rates, sampled: null }));
    this.send("history", JSON.stringify({ items }), frontierId(this.#told));
  }

  /** `records` null: it is not known how many. */
  skip(records: number | null, joins: number | null): void {
    this.send("skipped", JSON.stringify({ records, joins }), null);
  }

  /** True when it took nothing for so long that there is no point in going on. */
  isStalled(): boolean {
    return this.#stalledSince !== null && this.#parts.now() - this.#stalledSince > maxStalledMs;
  }

  /** Whether it was taken. */
  send(event: string, json: string, id: string | null): boolean {
    const isTaken = this.#parts.sink.send(eventText(event, json, id));
    if (isTaken) this.#stalledSince = null;
    else this.#stalledSince ??= this.#parts.now();
    return isTaken;
  }

  comment(): void {
    this.#parts.sink.send(":\n\n");
  }

  sendRecord(record: StreamRecord, id: string | null = null): void {
    this.#sendOrSkip("record", record, id);
  }

  async sendJoin(join: Join): Promise<void> {
    this.#sendOrSkip("joined", joinView(join, await this.#parts.reads.nameOf(join.profileId)), null);
  }

  /** How a decided record was decided; null where that is not asked for. */
  async decisionOf(taken: Taken): Promise<StreamRecord | null> {
    const { filter, reads } = this.#parts;
    const exception = await reads.fates.exceptionAt(taken.position);
    const processedAt = (await reads.fates.processedAt(taken.position)) ?? this.#parts.now();
    const latencyMs = Math.max(0, processedAt - taken.record.receivedAt);
    const known = { processedAt: isoTime(processedAt), latencyMs };
    if (exception?.fate === "rejected") {
      const { code, message: reason } = exception.reason;
      return wants(filter, "rejected") ? this.view(taken, { ...known, status: "rejected", code, reason }) : null;
    }
    const status = exception === null ? "processed" : "duplicate";
    const { record } = taken;
    const at = record.status === "accepted" ? record.occurredAt : record.receivedAt;
    const profileId = await reads.profileIdOfFragment(taken.fragment, at);
    if (!wants(filter, status) || (filter.profileId !== null && profileId !== this.#person?.id)) return null;
    const displayName = profileId === null ? null : await reads.nameOf(profileId);
    return this.view(taken, { ...known, status, profileId, displayName });
  }

  view(taken: Taken, known: Parameters<typeof recordView>[1]): StreamRecord {
    return recordView(taken, known, this.#parts.reads.rules());
  }

  /** Whether a record may be shown as accepted: of one person's, what is known to be that person's. */
  mayShowAccepted(taken: Taken): boolean {
    const { filter } = this.#parts;
    if (!wants(filter, "accepted")) return false;
    return filter.profileId === null || this.#person?.fragments.has(taken.fragment) === true;
  }

  matchesJoin(join: Join): boolean {
    return matchesJoin(this.#parts.filter, join);
  }

  matches(taken: Taken): boolean {
    return matches(this.#parts.filter, taken, this.#person);
  }

  async #show(shown: Shown): Promise<void> {
    if (shown.kind === "joined") return this.sendJoin(shown.join);
    const { taken, kind } = shown;
    if (kind === "decided") return this.#tellDecision(taken);
    if (taken.record.status === "rejected") return this.sendRecord(this.view(taken, { status: "rejected" }));
    if (this.mayShowAccepted(taken)) this.sendRecord(this.view(taken, { status: "accepted" }));
    this.await(taken);
  }

  /** As many as there is room for; the rest waits for the next flush. */
  async #tellDecisions(until: Frontier): Promise<void> {
    const undecided: Taken[] = [];
    let told = 0;
    for (const taken of this.#awaited.splice(0)) {
      const isNow = taken.position < until.decided && told < maxToldPerFlush && this.#parts.sink.hasRoom();
      if (!isNow) undecided.push(taken);
      else {
        told += 1;
        await this.#tellDecision(taken);
      }
    }
    this.#awaited.unshift(...undecided);
  }

  async #tellDecision(taken: Taken): Promise<void> {
    const told = await this.decisionOf(taken);
    if (told !== null) this.sendRecord(told);
  }

  /** Looks for duplicates among everything decided since the last look, where they are asked for by name. */
  async #offerDuplicates(until: Frontier): Promise<void> {
    const { filter, reads } = this.#parts;
    if (!wantsDuplicatesByName(filter)) return;
    const from = this.#duplicatesFrom;
    this.#duplicatesFrom = until.decided;
    if (from >= until.decided) return;
    const awaited = new Set(this.#awaited.map(({ position }) => position));
    for (const position of await reads.fates.duplicatesIn(from, until.decided, maxDuplicatesRead)) {
      if (awaited.has(position)) continue;
      const taken = await takenAt(reads.log, position);
      if (taken !== null && this.matches(taken)) this.#sampler.offerOrdinary({ kind: "decided", taken });
    }
  }

  #sendOrSkip(event: string, data: object, id: string | null): void {
    if (!this.send(event, JSON.stringify(data), id)) this.#skipped += 1;
  }

  #tellSkipped(): void {
    if (this.#skipped === 0) return;
    if (!this.send("skipped", JSON.stringify({ records: this.#skipped, joins: 0 }), null)) return;
    this.totals.skipped += this.#skipped;
    this.#skipped = 0;
  }
}
