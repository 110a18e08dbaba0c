import { copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { openDecided } from "../../src/adapters/embedded/decided.ts";
import { openEventLogReader } from "../../src/adapters/embedded/eventLog/reader.ts";
import { fatesOver } from "../../src/adapters/embedded/state/fates.ts";
import { peopleOver } from "../../src/adapters/embedded/state/people.ts";
import { removeFile } from "../../src/adapters/embedded/sqliteFile.ts";
import type { EventBufferReader } from "../../src/buffer/eventBuffer.ts";
import { fateReader } from "../../src/ingestion/index.ts";
import type { Draws } from "../../src/simulator/draws.ts";
import { Broken } from "./broken.ts";
import { Clients } from "./clients.ts";
import { CopiedRows, copySearch } from "./followers.ts";
import {
  checkBacklog,
  checkDecided,
  checkFollowers,
  checkKept,
  checkPromised,
  checkSent,
  expectEqual,
} from "./invariants.ts";
import { openLedger, type Ledger } from "./ledger.ts";
import { startProcess, type Process, type Promised, type Running } from "./process.ts";
import { Witness } from "./witness.ts";
import { hasState, hash, homeCurrency, logFolder, searchFileOf, stateFileOf, type World } from "./world.ts";

/** The platform, who uses it, and who watches it. */
export class Simulation {
  readonly world: World;
  readonly clients: Clients;
  readonly witness = new Witness();
  process: Process;
  readonly #promised: Promised[] = [];
  /** What the copying follower has on disk, and both followers as they were once. */
  #copied = new CopiedRows();
  #older: { rows: Map<string, string>; progress: CopiedRows["progress"] } | null = null;
  #ledger: Ledger | null = null;
  #reader: EventBufferReader | null = null;
  #keptBy: Process | null = null;
  #seenVersion = -1;
  #asked: { running: Running; fateOf: ReturnType<typeof fateReader> } | null = null;

  constructor(world: World) {
    this.world = world;
    this.clients = new Clients(world);
    this.process = startProcess(world, this.#copied);
  }

  get ledger(): Ledger | null {
    if (this.#ledger === null && hasState(this.world)) this.#ledger = openLedger(stateFileOf(this.world));
    return this.#ledger;
  }

  isDown(): boolean {
    return this.process.life.isOver;
  }

  /** Nothing of the process goes on; what was being written may be cut short anywhere. */
  kill(draws: Draws, isPowerCut: boolean): void {
    const { process, world } = this;
    process.life.end();
    process.running = null;
    for (const { cutShort } of world.gates.drop()) if (draws.chance(0.5)) cutShort?.(draws.next());
    process.close();
    world.tree.fail(null);
    world.disk.crash(isPowerCut, draws);
    this.clients.hangUp();
    if (isPowerCut && draws.chance(0.5)) this.#fallBack();
  }

  start(): void {
    this.process = startProcess(this.world, this.#copied);
  }

  /** The followers' files as they are now may be what a power cut leaves of them. */
  copyFollowers(): void {
    const { rows, progress } = this.#copied;
    this.#older = { rows: new Map(rows), progress };
    copySearch(searchFileOf(this.world), this.#olderSearch());
  }

  /** Everything that always holds. Throws {@link Broken}. */
  async check(): Promise<void> {
    const { process, world, witness } = this;
    const promised = process.promised.splice(0);
    checkPromised(world, promised);
    this.#promised.push(...promised);
    await this.#readLog();
    const { ledger } = this;
    if (ledger === null) return;
    await this.#checkState(ledger);
    checkBacklog(process, witness, world);
    checkFollowers(process, ledger);
  }

  /** Of one record of the log: its fate is told, as the account has it. */
  async checkFate(draws: Draws): Promise<void> {
    const { running } = this.process;
    const { ledger, witness } = this;
    const seen = draws.pick(witness.seen);
    if (running === null || ledger === null || seen === undefined) return;
    const { record, message, position } = seen;
    const found = await this.#fates(running, ledger)(record.messageId, record.source);
    if (found === null) throw new Broken("every record has one fate", `${record.messageId} has none`);
    if (position >= ledger.position() || running.isDeciding()) return;
    const expected = witness.firstOf(message) === undefined ? "rejected" : "processed";
    expectEqual("every record has one fate", record.messageId, found.fate, expected);
  }

  /** Once nothing is left to be done. */
  checkFollowed(): void {
    const decided = openDecided({ file: stateFileOf(this.world), hash, homeCurrency });
    try {
      for (const follower of this.process.running?.followers ?? []) {
        const differences = follower.differences(decided);
        if (differences.length > 0) throw new Broken("followers equal state", `${follower.name}: ${differences[0]}`);
      }
    } finally {
      decided.close();
    }
  }

  async close(): Promise<void> {
    this.process.life.end();
    this.world.gates.drop();
    this.process.close();
    this.#ledger?.close();
    await this.#reader?.close();
    await this.world.gates.settle();
  }

  #fates(running: Running, ledger: Ledger): ReturnType<typeof fateReader> {
    if (this.#asked?.running === running) return this.#asked.fateOf;
    const people = peopleOver(ledger.database, hash);
    const fateOf = fateReader({
      fates: fatesOver(ledger.database),
      log: running.lookups,
      hash,
      firstPositions: running.messages.firstPositions,
      profileIdOfFragment: (id) => people.profileIdOfFragment(id),
      sources: async () => [],
      pendingPositions: (keys) => running.undecided.find(keys),
    });
    this.#asked = { running, fateOf };
    return fateOf;
  }

  async #readLog(): Promise<void> {
    const { running } = this.process;
    if (running === null) return;
    const end = running.log.end();
    const { witness } = this;
    if (end < witness.end) throw new Broken("the log only grows", `it ended at ${witness.end}, and now at ${end}`);
    if (this.#keptBy !== this.process) {
      this.#keptBy = this.process;
      await checkKept(running, this.#promised);
    }
    if (end === witness.end) return;
    this.#reader ??= openEventLogReader(logFolder(this.world));
    checkSent(this.clients, await witness.read(this.#reader, end));
  }

  async #checkState(ledger: Ledger): Promise<void> {
    const version = ledger.version();
    if (version === this.#seenVersion) return;
    this.#seenVersion = version;
    const { witness } = this;
    const position = ledger.position();
    if (position < witness.decidedUntil) {
      throw new Broken("the position only grows", `it was ${witness.decidedUntil}, and is ${position}`);
    }
    if (position > witness.end)
      throw new Broken("nothing is decided that is not durable", `${position} > ${witness.end}`);
    witness.decideUntil(position);
    checkDecided(ledger, witness, this.clients);
  }

  #olderSearch(): string {
    return join(this.world.folder, "older-search.sqlite");
  }

  #fallBack(): void {
    if (this.#older === null) return;
    const { rows, progress } = this.#older;
    this.#copied.rows = new Map(rows);
    this.#copied.progress = progress;
    const file = searchFileOf(this.world);
    removeFile(file);
    for (const suffix of ["", "-wal"]) {
      const older = `${this.#olderSearch()}${suffix}`;
      if (existsSync(older)) copyFileSync(older, `${file}${suffix}`);
    }
  }
}
