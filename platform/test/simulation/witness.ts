import type { EventBufferReader } from "../../src/buffer/eventBuffer.ts";
import { rulesInForce, type IdentityRules } from "../../src/identity/index.ts";
import type { LogRecord, RulesRecord } from "../../src/model/event.ts";
import { decodeRecord } from "../../src/model/logRecord.ts";
import type { Position } from "../../src/model/position.ts";
import { defaultRulesNumber, rulesVersionOf } from "../../src/model/rulesVersion.ts";
import { firstRules } from "./simulatedRules.ts";

interface Seen {
  position: Position;
  /** Of (source, messageId). */
  message: string;
  record: LogRecord;
}

const readAtOnce = 500;

/** What the log holds, and what has to become of it: an account of its own, by the rules of the documents alone. */
export class Witness {
  readonly seen: Seen[] = [];
  /** Fates of everything before the position that was decided last. */
  readonly processed: Seen[] = [];
  readonly rejected: Position[] = [];
  readonly duplicates: { position: Position; first: Position }[] = [];
  decidedUntil: Position = 0;
  #end: Position = 0;
  #decided = 0;
  readonly #firsts = new Map<string, Position>();
  readonly #numbers = new Map<number, RulesRecord>();
  #inForce: IdentityRules | null = null;

  get end(): Position {
    return this.#end;
  }

  get pending(): number {
    return this.seen.length - this.#decided;
  }

  waiting(): readonly Seen[] {
    return this.seen.slice(this.#decided);
  }

  /** Reads what has become durable; what that was. */
  async read(reader: EventBufferReader, end: Position): Promise<readonly Seen[]> {
    const before = this.seen.length;
    while (this.#end < end) {
      const { records, next } = await reader.read(this.#end, end, readAtOnce, 1 << 22);
      for (const { position, message, payload } of records) {
        this.seen.push({ position, message, record: decodeRecord(payload) });
      }
      if (next <= this.#end) break;
      this.#end = next;
    }
    return this.seen.slice(before);
  }

  /** Everything before the position is decided. */
  decideUntil(position: Position): void {
    this.decidedUntil = position;
    for (;;) {
      const next = this.seen[this.#decided];
      if (next === undefined || next.position >= position) return;
      this.#decided += 1;
      this.#decide(next);
    }
  }

  /** The position where the message counted first; undefined where it was not processed. */
  firstOf(message: string): Position | undefined {
    return this.#firsts.get(message);
  }

  rulesNumber(): number {
    return Math.max(defaultRulesNumber, ...this.#numbers.keys());
  }

  rules(): IdentityRules {
    const current = this.#numbers.get(this.rulesNumber());
    this.#inForce ??= rulesInForce(current === undefined ? null : rulesVersionOf(current), firstRules);
    return this.#inForce;
  }

  #decide(seen: Seen): void {
    const { position, message, record } = seen;
    const first = this.#firsts.get(message);
    if (record.status === "rejected") this.rejected.push(position);
    else if (first !== undefined) this.duplicates.push({ position, first });
    else if (record.status === "rules" && this.#isTaken(record)) this.rejected.push(position);
    else {
      if (record.status === "rules") this.#putInForce(record);
      this.#firsts.set(message, position);
      this.processed.push(seen);
    }
  }

  #putInForce(record: RulesRecord): void {
    this.#numbers.set(record.body.number, record);
    this.#inForce = null;
  }

  #isTaken({ body }: RulesRecord): boolean {
    return body.number === defaultRulesNumber || this.#numbers.has(body.number);
  }
}
