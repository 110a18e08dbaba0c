import { Problem } from "../../../model/problem.ts";
import type { Position } from "../../../model/position.ts";
import { decidedElsewhere } from "../../../storage/decidedElsewhere.ts";
import type { Changes } from "./changes.ts";
import { advanceHead, beginHead, type Head, markApplied, readHead } from "./head.ts";
import { checkPlace } from "./itemCodec.ts";
import { type ItemTable, itemTable, type TableParts } from "./itemTable.ts";
import { readRedo, StateDamage, writeRedo } from "./redo.ts";
import { RowCache, cached } from "./rowCache.ts";
import type { RowTexts } from "./rowReads.ts";
import { rowsAsDecided } from "./rowsOfTable.ts";
import { RowWriting } from "./rowWriting.ts";
import { StateUnavailable } from "./stateUnavailable.ts";

/** Raised when a row changes shape. */
export const tableFormat = 1;

export interface LedgerParts extends TableParts {
  /** UTC ms. */
  now: () => number;
  newId: () => string;
  /** What decides the state beside the log: another value is another state. */
  foldedWith: Readonly<Record<string, string>>;
}

/**
 * Rows that change by whole decisions, one writer at a time. A decision has more writes than a transaction of DynamoDB
 * takes (100), so one write decides: what the decision says is put beside the rows first (`redo.ts`), then the head
 * names it, on condition that it still names the decision before, and only then are the rows written, each on condition
 * that no later decision has written it. Whoever reads lays what the head names over the rows; whoever decides next
 * writes the rest of it first. So a decision stands whole or not at all, wherever its writer ends.
 */
export class Ledger {
  readonly #parts: LedgerParts;
  readonly #table: ItemTable;
  readonly #cache = new RowCache();
  #head: Head;
  /** Of what the decision that stands says, as long as it may not be written. */
  #writing: RowWriting | null = null;
  #rows: RowTexts;
  /** This one's own, of the next decision: an answer that was lost does not tell whether it stands. */
  readonly #tried = new Set<string>();

  private constructor(parts: LedgerParts, table: ItemTable, head: Head) {
    this.#parts = parts;
    this.#table = table;
    this.#head = head;
    this.#rows = cached(rowsAsDecided(table, head.decision, null), this.#cache);
  }

  /** Problem 409 `state_newer`, `state_older`, `state_settings`. Writes what a decider before this one left unwritten. */
  static async open(parts: LedgerParts): Promise<Ledger> {
    const table = itemTable(parts);
    const foldedWith = JSON.stringify(parts.foldedWith);
    let head = await readHead(table);
    if (head === null) {
      await beginHead(table, { format: tableFormat, foldedWith });
      head = await readHead(table);
    }
    if (head === null) throw new StateDamage("the head of the state cannot be read");
    checkFormat(head, parts.foldedWith);
    const ledger = new Ledger(parts, table, head);
    await ledger.#take(head);
    await ledger.#writePending();
    return ledger;
  }

  get rows(): RowTexts {
    return this.#rows;
  }

  get decision(): number {
    return this.#head.decision;
  }

  /** Problem 409 `decided_elsewhere` where the decision that stands is not the one it began with, nor one of its own. */
  async position(): Promise<Position> {
    const head = await readHead(this.#table);
    if (head === null) throw new StateDamage("the head of the state is gone");
    if (head.attempt !== this.#head.attempt) {
      if (!this.#tried.has(head.attempt)) throw decidedElsewhere();
      await this.#take(head);
    }
    return head.position;
  }

  /** As `IdentityAndProfiles` says of `commit`. Resolves once the decision stands. */
  async commit(changes: Changes, position: Position): Promise<void> {
    for (const { place } of changes.all()) checkPlace(place);
    await this.#writePending();
    const { newId, now } = this.#parts;
    const attempt = `${this.#head.decision + 1}.${newId()}`;
    const redoParts = await writeRedo(this.#table, attempt, changes, now());
    this.#tried.add(attempt);
    const head = await advanceHead(this.#table, { from: this.#head, position, attempt, redoParts });
    if (head === null) throw decidedElsewhere();
    for (const { place, text } of changes.all()) this.#cache.keep(place, text);
    this.#stand(head, changes);
    try {
      await this.#writePending();
    } catch (error) {
      // It stands all the same: what is not written yet is laid over the rows, and written before the next decision.
      if (!(error instanceof StateUnavailable)) throw error;
    }
  }

  async #take(head: Head): Promise<void> {
    const pending = head.applied < head.decision ? await readRedo(this.#table, head) : null;
    this.#cache.forget();
    this.#stand(head, pending);
  }

  #stand(head: Head, pending: Changes | null): void {
    if (head.attempt !== this.#head.attempt) this.#tried.clear();
    this.#head = head;
    this.#writing = pending === null ? null : new RowWriting(this.#table, this.#parts, pending);
    this.#rows = cached(rowsAsDecided(this.#table, head.decision, pending), this.#cache);
  }

  async #writePending(): Promise<void> {
    if (this.#writing === null) return;
    const { decision } = this.#head;
    await this.#writing.run({ decision, now: this.#parts.now() });
    await markApplied(this.#table, decision);
    this.#stand({ ...this.#head, applied: decision }, null);
  }
}

function checkFormat(head: Head, foldedWith: LedgerParts["foldedWith"]): void {
  if (head.format !== tableFormat) {
    const code = head.format > tableFormat ? "state_newer" : "state_older";
    throw new Problem(409, code, `the state has format ${head.format}, this program reads ${tableFormat}`, {
      hint: "run the version that wrote it, or fold the raw log again into a new table",
    });
  }
  const before = JSON.parse(head.foldedWith) as Record<string, string>;
  for (const [name, value] of Object.entries(foldedWith)) {
    if (before[name] === value) continue;
    throw new Problem(409, "state_settings", `the state was folded with ${name} ${before[name]}, not ${value}`, {
      hint: "go back to that setting, or fold the raw log again into a new table",
    });
  }
}
