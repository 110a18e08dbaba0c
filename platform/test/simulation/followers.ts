import { isDeepStrictEqual } from "node:util";
import { copyFileSync, existsSync } from "node:fs";
import { followerOf } from "../../src/adapters/embedded/search/follow.ts";
import { openSearchIndex, type SearchIndex } from "../../src/adapters/embedded/search/searchIndex.ts";
import { removeFile } from "../../src/adapters/embedded/sqliteFile.ts";
import { searchEntryOf } from "../../src/profiles/index.ts";
import { feedCoverage, nextFeedStep, nothingFollowed, type FeedProgress } from "../../src/storage/followFeed.ts";
import type { Decided } from "../../src/storage/followed.ts";
import type { Gates, Life } from "./gates.ts";

export interface FollowerFault {
  /** `inside`: in the middle of the transaction. */
  kind: "fails" | "inside" | "lostAnswer" | "crash";
  /** Writes of the pass that go well. */
  after: number;
}

export interface SimulatedFollower {
  readonly name: string;
  /** Begins a pass, if none is under way. */
  step(fault: FollowerFault | null): void;
  isBusy(): boolean;
  /** Durably. */
  progress(): FeedProgress;
  /** Where it differs from what is decided; it follows everything. */
  differences(decided: Decided): string[];
  close(): void;
}

interface FollowerParts {
  gates: Gates;
  life: Life;
  decided: Decided;
  /** UTC ms. */
  now: () => number;
  onFollowed: (version: number) => void;
}

const mostProfiles = 1_000;

/** The real follower of search over its real file. */
export function simulatedSearch(file: string, parts: FollowerParts): SimulatedFollower {
  const { gates, life, decided, now } = parts;
  const index = openSearchIndex(file);
  let fault: FollowerFault | null = null;
  let isBusy = false;
  const faulty: SearchIndex = {
    ...index,
    write: (work, progress) => {
      const isHit = fault !== null && fault.after-- === 0;
      const hit = isHit ? fault?.kind : null;
      if (hit === "fails") throw diskFull();
      if (hit === "crash") life.end();
      index.write((writer) => {
        work(writer);
        if (hit === "inside" || hit === "crash") throw diskFull();
      }, progress);
      if (hit === "lostAnswer") throw diskFull();
    },
  };
  const follower = followerOf({
    index: faulty,
    decided,
    now,
    elapsed: () => 0,
    yieldTurn: () => gates.pass(life, "search gives way", () => undefined),
  });
  const pass = async (): Promise<void> => {
    try {
      await follower.pass();
      parts.onFollowed(follower.progress().followed.version);
    } catch {
      // It goes on where it was, the next time.
    } finally {
      isBusy = false;
    }
  };
  return {
    name: "search",
    step: (next) => {
      if (isBusy) return;
      fault = next;
      isBusy = true;
      void pass();
    },
    isBusy: () => isBusy,
    progress: () => index.progress().followed,
    differences: (now) => {
      const found = new Map(index.find({ limit: mostProfiles }).items.map(({ entry }) => [entry.id, entry]));
      const expected = [...everybody(now)].map(([id, { profile, fragments }]): [string, unknown] => [
        id,
        searchEntryOf(profile, fragments.length),
      ]);
      return differing(found, new Map(expected));
    },
    close: () => index.close(),
  };
}

/** What a follower has on disk, and an older copy of it, to which a power cut or a restored backup may bring it back. */
export class CopiedRows {
  rows = new Map<string, string>();
  progress: FeedProgress = nothingFollowed;
}

/** A few entries and a small page a step, so that every way through `nextFeedStep` is gone. */
const limits = { entries: 3, copied: 2 };

/** A follower as simple as one can be, over the real feed, with limits that are always met. */
export function simulatedCopier(disk: CopiedRows, parts: FollowerParts): SimulatedFollower {
  const { gates, life, decided } = parts;
  const coverage = feedCoverage({ behind: 2 });
  let isBusy = false;
  const step = async (fault: FollowerFault | null): Promise<void> => {
    const next = nextFeedStep(decided, disk.progress, limits);
    if (next === null) return;
    const { feed } = next.progress;
    const changes = coverage.left(next.changes, feed);
    const read = rowsOf(decided, changes);
    const write = (): void => {
      if (fault?.kind === "crash") life.end();
      if (fault !== null && fault.kind !== "lostAnswer") throw diskFull();
      if (next.startsOver) disk.rows.clear();
      for (const [name, row] of read) {
        if (row === null) disk.rows.delete(name);
        else disk.rows.set(name, row);
      }
      disk.progress = next.progress;
      if (fault !== null) throw diskFull();
    };
    await gates.pass(life, "the copier writes", write, { failure: diskFull });
    coverage.applied(changes, { feed, head: next.head });
    parts.onFollowed(disk.progress.version);
  };
  const pass = async (fault: FollowerFault | null): Promise<void> => {
    try {
      await step(fault);
    } catch {
      // What it has on disk tells where it goes on.
    } finally {
      isBusy = false;
    }
  };
  return {
    name: "copier",
    step: (fault) => {
      if (isBusy) return;
      isBusy = true;
      void pass(fault);
    },
    isBusy: () => isBusy,
    progress: () => disk.progress,
    differences: (now) => {
      const { changes } = now.everything("", mostProfiles);
      const orders = now.everything("order 0", mostProfiles).changes;
      const expected = [...rowsOf(now, [...changes, ...orders])].filter(([, row]) => row !== null);
      return differing(disk.rows, new Map(expected));
    },
    close: () => undefined,
  };
}

function rowsOf(decided: Decided, changes: readonly { kind: string; id: string }[]): Map<string, string | null> {
  const of = (kind: string): string[] => changes.flatMap((each) => (each.kind === kind ? [each.id] : []));
  const text = (found: unknown): string | null => (found === null ? null : JSON.stringify(found));
  return new Map([
    ...[...decided.profiles(of("profile"))].map(([id, found]): [string, string | null] => [
      `profile ${id}`,
      text(found),
    ]),
    ...[...decided.orders(of("order"))].map(([id, found]): [string, string | null] => [`order ${id}`, text(found)]),
  ]);
}

function everybody(decided: Decided) {
  const { changes } = decided.everything("", mostProfiles);
  const read = decided.profiles(changes.flatMap(({ kind, id }) => (kind === "profile" ? [id] : [])));
  return new Map([...read].flatMap(([id, found]) => (found === null ? [] : [[id, found] as const])));
}

function differing(found: ReadonlyMap<string, unknown>, expected: ReadonlyMap<string, unknown>): string[] {
  const names = new Set([...found.keys(), ...expected.keys()]);
  return [...names].flatMap((name) => {
    if (!expected.has(name)) return [`${name} is there, and should not be`];
    if (!found.has(name)) return [`${name} is missing`];
    const [is, should] = [found.get(name), expected.get(name)];
    return isDeepStrictEqual(is, should)
      ? []
      : [`${name} is ${JSON.stringify(is)}, should be ${JSON.stringify(should)}`];
  });
}

/** Search's file as it is now; `whole`: its write-ahead log too. */
export function copySearch(file: string, to: string): void {
  removeFile(to);
  for (const suffix of ["", "-wal"])
    if (existsSync(`${file}${suffix}`)) copyFileSync(`${file}${suffix}`, `${to}${suffix}`);
}

function diskFull(): Error {
  return Object.assign(new Error("database or disk is full"), { code: "ERR_SQLITE_ERROR", errcode: 13 });
}
