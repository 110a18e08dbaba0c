import type { EventSink } from "./eventSink.ts";
import type { StreamFilter } from "./filter.ts";
import { frontierOf, type Frontier } from "./frontier.ts";
import { flushMs } from "./limits.ts";
import type { StreamReads } from "./reads.ts";
import { resume, type ResumeParts } from "./resume.ts";
import { Subscriber } from "./subscriber.ts";
import type { StreamRates } from "./streamTypes.ts";

export interface Subscription {
  filter: StreamFilter;
  lastEventId: string | null;
  /** Begins the answer: called once the stream is sure to be served. */
  sink: () => EventSink;
  /** Asked once a second: false ends the stream. */
  isAllowed: () => Promise<boolean>;
}

export interface ConnectionParts {
  wanted: Subscription;
  reads: StreamReads;
  now: () => number;
  later: (ms: number, work: () => void) => void;
  /** How far the platform is at this moment. */
  frontier: () => Frontier;
  onTrouble: (error: unknown) => void;
  onClosed: (closed: Connection) => void;
}

/** What the hub remembers for those who come back. */
export type Remembered = Pick<ResumeParts, "joins" | "joinsFrom"> & { history: readonly StreamRates[] };

/** A subscriber with its connection: when it is flushed, and when it ends. */
export class Connection {
  readonly subscriber: Subscriber;
  readonly #parts: ConnectionParts;
  readonly #sink: EventSink;
  /** One flush at a time; until what was missed is told, none. */
  #isFlushing = true;
  /** A flush is to come. */
  #isDue = false;
  #isClosed = false;

  constructor(parts: ConnectionParts) {
    const { wanted, reads, now, frontier } = parts;
    this.#parts = parts;
    this.#sink = wanted.sink();
    this.subscriber = new Subscriber({ filter: wanted.filter, sink: this.#sink, reads, now, from: frontier() });
    this.#sink.onClosed(() => this.close("gone"));
  }

  /** Greets, and tells what was missed; live records are chosen meanwhile, and shown after it. */
  begin(remembered: Remembered): void {
    this.#guard(this.#begin(remembered, this.#parts.frontier()));
  }

  /** There is something to show or to tell: soon, with what else comes until then. */
  due(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.#parts.later(flushMs, () => this.#run());
  }

  /** Ends a second. */
  tick(ratesJson: string, isHeartbeat: boolean): void {
    this.#guard(this.#tick(ratesJson, isHeartbeat));
  }

  close(reason: "gone" | "stopping" | "token_refused" | "too_slow" | "trouble"): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.subscriber.send("closed", JSON.stringify({ reason }), null);
    this.#sink.end();
    this.#parts.onClosed(this);
  }

  async #begin({ history, ...remembered }: Remembered, here: Frontier): Promise<void> {
    const { wanted, reads } = this.#parts;
    const { subscriber } = this;
    await subscriber.refreshPerson();
    const told = wanted.lastEventId === null ? null : frontierOf(wanted.lastEventId);
    if (told !== null) subscriber.standAt(told);
    subscriber.greet(history);
    if (told !== null) {
      const ready = () => this.#isReady();
      await resume({ ...remembered, subscriber, filter: wanted.filter, reads, told, now: here, ready });
    } else if (wanted.lastEventId !== null) subscriber.skip(null, null);
    subscriber.standAt(here);
    this.#isFlushing = false;
    this.due();
  }

  async #isReady(): Promise<boolean> {
    await this.#sink.ready();
    return !this.#isClosed;
  }

  #run(): void {
    if (this.#isClosed) return;
    // The one before is slow: what is chosen meanwhile stays within a second's worth.
    if (this.#isFlushing) return this.#parts.later(flushMs, () => this.#run());
    this.#isDue = false;
    this.#isFlushing = true;
    const flushing = this.subscriber.flush(this.#parts.frontier()).finally(() => {
      this.#isFlushing = false;
      if (this.subscriber.isBusy()) this.due();
    });
    this.#guard(flushing);
  }

  async #tick(ratesJson: string, isHeartbeat: boolean): Promise<void> {
    const { subscriber } = this;
    if (subscriber.isStalled()) return this.close("too_slow");
    if (!(await this.#parts.wanted.isAllowed())) return this.close("token_refused");
    if (this.#isClosed) return;
    subscriber.tick(ratesJson);
    if (isHeartbeat) subscriber.comment();
    await subscriber.refreshPerson();
    if (subscriber.isBusy()) this.due();
  }

  #guard(work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (this.#isClosed) return;
      this.#parts.onTrouble(error);
      this.close("trouble");
    });
  }
}
