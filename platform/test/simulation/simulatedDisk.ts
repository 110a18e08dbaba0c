import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import type { LogDisk } from "../../src/adapters/embedded/eventLog/disk.ts";
import type { Draws } from "../../src/simulator/draws.ts";
import type { Gates, Life } from "./gates.ts";

interface Range {
  from: number;
  to: number;
}

/** A file as the disk has it, beside what the system has of it in memory. */
interface KeptFile {
  durable: Buffer;
  /** Written since the last sync. */
  dirty: Range[];
  /** Cut to so many bytes since then. */
  cutTo: number | null;
}

/** While the log opens, its operations are done at once; the `nth` of them fails, or is the last one of the process. */
export interface OpeningFault {
  nth: number;
  kind: "fails" | "lostAnswer" | "crash";
}

/**
 * The disk under the event log: real files (which the log's reader reads), and what a power cut would leave of them.
 * What was never synced may be lost from any byte on. After a failed sync, what it was to write is lost unless it is
 * written once more, though later syncs succeed (as Linux does it).
 */
export class SimulatedDisk {
  readonly #gates: Gates;
  readonly #files = new Map<string, KeptFile>();
  readonly #open = new Map<number, string>();
  /** Renames that no sync of their directory has made durable: from, to. */
  #renamed: [string, string][] = [];
  #opening: { done: number; fault: OpeningFault | null } | null = null;

  constructor(gates: Gates) {
    this.#gates = gates;
  }

  /** As one process has it. */
  of(life: Life): LogDisk {
    const direct = <T>(work: () => T): Promise<T> => this.#direct(life, work);
    const gated = (what: string, work: () => void, cutShort?: (share: number) => void): Promise<void> =>
      this.#opening === null
        ? this.#gates.pass(life, what, work, { failure: diskError, ...(cutShort === undefined ? {} : { cutShort }) })
        : this.#direct(life, work);
    return {
      open: (path, create) => direct(() => this.#openFile(path, create)),
      close: (fd) => direct(() => this.#closeFile(fd)),
      write: (fd, bytes, at) => {
        const copy = Buffer.from(bytes);
        const write = (share: number): void => this.#write(fd, copy.subarray(0, Math.floor(copy.length * share)), at);
        return gated("the log writes", () => write(1), write);
      },
      sync: (fd) => {
        const path = this.#pathOf(fd);
        const sync = (): void => this.#sync(path);
        return this.#opening === null
          ? this.#gates.pass(life, "the log syncs", sync, { failure: () => this.#failedSync(path) })
          : this.#direct(life, sync);
      },
      truncate: (path, bytes) => direct(() => this.#truncate(path, bytes)),
      rename: (from, to) => direct(() => this.#rename(from, to)),
      remove: (path) => direct(() => rmSync(path, { force: true })),
      syncDirectory: () => direct(() => void (this.#renamed = [])),
    };
  }

  /** Opens the log: nothing of it waits for the schedule. */
  async opening(fault: OpeningFault | null, work: () => Promise<void>): Promise<void> {
    this.#opening = { done: 0, fault };
    try {
      await work();
    } finally {
      this.#opening = null;
    }
  }

  /** Whether the bytes would be there after a power cut at this moment. */
  keeps(path: string, bytes: Uint8Array): boolean {
    return this.#files.get(path)?.durable.includes(Buffer.from(bytes)) ?? false;
  }

  /** The process is gone; with a power cut, also what the system had in memory. */
  crash(isPowerCut: boolean, draws: Draws): void {
    for (const fd of this.#open.keys()) closeSync(fd);
    this.#open.clear();
    this.#opening = null;
    if (!isPowerCut) return;
    for (const [from, to] of this.#renamed.toReversed()) if (draws.chance(0.5)) this.#undoRename(from, to);
    this.#renamed = [];
    for (const [path, file] of this.#files) if (existsSync(path)) this.#lose(path, file, draws);
  }

  #direct<T>(life: Life, work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (life.isOver) return;
      const opening = this.#opening;
      if (opening !== null) opening.done += 1;
      const fault = opening?.fault ?? null;
      const isHit = fault !== null && opening?.done === fault.nth;
      if (isHit && fault.kind === "crash") life.end();
      if (life.isOver) return;
      if (isHit && fault.kind === "fails") return reject(diskError());
      const done = work();
      if (isHit) reject(diskError());
      else resolve(done);
    });
  }

  #openFile(path: string, create: boolean): number {
    const fd = openSync(path, create ? "w+" : "r+", 0o600);
    this.#open.set(fd, path);
    if (create) this.#files.set(path, { durable: Buffer.alloc(0), dirty: [], cutTo: null });
    return fd;
  }

  #closeFile(fd: number): void {
    this.#open.delete(fd);
    closeSync(fd);
  }

  #pathOf(fd: number): string {
    return this.#open.get(fd) ?? "";
  }

  #fileOf(path: string): KeptFile {
    const file = this.#files.get(path);
    if (file === undefined) throw new Error(`${path} was never made`);
    return file;
  }

  #write(fd: number, bytes: Uint8Array, at: number): void {
    writeSync(fd, bytes, 0, bytes.length, at);
    this.#fileOf(this.#pathOf(fd)).dirty.push({ from: at, to: at + bytes.length });
  }

  #sync(path: string): void {
    const file = this.#fileOf(path);
    const now = readFileSync(path);
    if (file.cutTo !== null) file.durable = Buffer.from(file.durable.subarray(0, file.cutTo));
    for (const { from, to } of file.dirty) file.durable = overlaid(file.durable, now.subarray(from, to), from);
    file.dirty = [];
    file.cutTo = null;
  }

  /** The system takes the pages for written from now on. */
  #failedSync(path: string): Error {
    this.#fileOf(path).dirty = [];
    return diskError();
  }

  #truncate(path: string, bytes: number): void {
    truncateSync(path, bytes);
    const file = this.#fileOf(path);
    file.cutTo = Math.min(file.cutTo ?? bytes, bytes);
    file.dirty = file.dirty
      .filter(({ from }) => from < bytes)
      .map(({ from, to }) => ({ from, to: Math.min(to, bytes) }));
  }

  #rename(from: string, to: string): void {
    renameSync(from, to);
    this.#files.set(to, this.#fileOf(from));
    this.#files.delete(from);
    for (const [fd, path] of this.#open) if (path === from) this.#open.set(fd, to);
    this.#renamed.push([from, to]);
  }

  #undoRename(from: string, to: string): void {
    if (!existsSync(to)) return;
    renameSync(to, from);
    this.#files.set(from, this.#fileOf(to));
    this.#files.delete(to);
  }

  /** Of what is not durable a part may have been written all the same: up to any byte, or any of its blocks. */
  #lose(path: string, file: KeptFile, draws: Draws): void {
    const now = readFileSync(path);
    if (now.equals(file.durable)) return;
    const isCut = file.cutTo !== null && draws.chance(0.5);
    let left: Buffer = isCut ? file.durable.subarray(0, file.cutTo ?? 0) : file.durable;
    const reached = draws.pick([0, 1, draws.next()]);
    const areBlocks = draws.chance(0.5);
    for (const range of file.dirty) {
      const written = areBlocks
        ? blocksOf(range).filter(() => draws.chance(0.5))
        : [{ from: range.from, to: range.from + Math.floor((range.to - range.from) * reached) }];
      for (const { from, to } of written) left = overlaid(left, now.subarray(from, to), from);
    }
    writeFileSync(path, left);
    file.durable = Buffer.from(left);
    file.dirty = [];
    file.cutTo = null;
  }
}

const blockBytes = 4_096;

/** The parts of the range that the disk writes each by itself. */
function blocksOf({ from, to }: Range): Range[] {
  const parts: Range[] = [];
  for (let at = from; at < to;) {
    const end = Math.min(to, (Math.floor(at / blockBytes) + 1) * blockBytes);
    parts.push({ from: at, to: end });
    at = end;
  }
  return parts;
}

/** What was never written between is zeros. */
function overlaid(under: Buffer, over: Uint8Array, at: number): Buffer {
  if (over.length === 0) return under;
  const bytes = Buffer.alloc(Math.max(under.length, at + over.length));
  bytes.set(under);
  bytes.set(over, at);
  return bytes;
}

function diskError(): Error {
  return Object.assign(new Error("EIO: i/o error"), { code: "EIO" });
}
