import { join } from "node:path";
import type { BundledHost } from "./bundledHost.ts";
import { runHost, type HostRun } from "./runHost.ts";

/** Whatever changes a file or a folder, or makes that last. */
const calls =
  "write,writev,pwrite64,pwritev,pwritev2,fallocate,ftruncate,truncate,fsync,fdatasync,sync_file_range," +
  "rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,rmdir";
/** With `pid`, the call and its arguments, of a call that begins. */
const begun = /^(\d+) +([a-z0-9_]+)\((.*)/;

/** A moment of a run: just before the n-th such call, of one thread, on one of these files. */
export interface Point {
  /** Among all of its run. */
  index: number;
  /** What the files belong to: a folder or a database of the data directory, or `.`, itself. */
  place: string;
  call: string;
  nth: number;
  /** In the data directory. */
  files: readonly string[];
}

/** Every moment of a run at which something is about to be written, from a run without a fault; in an order that stays. */
export async function pointsOf(host: BundledHost, run: HostRun): Promise<Point[]> {
  const { code, stderr, trace } = await runHost(host, run, ["-y", "-s", "0", "-e", `trace=${calls}`]);
  if (code !== 0) throw new Error(`a run without a fault ended with ${code}: ${stderr.slice(-500)}`);
  const files = new Map<string, Set<string>>();
  const counts = new Map<string, number>();
  for (const { thread, call, file } of callsIn(trace, run.dataDir)) {
    const place = placeOf(file);
    files.set(place, (files.get(place) ?? new Set()).add(file));
    const key = `${place} ${call} ${thread}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const most = new Map<string, number>();
  for (const [key, count] of counts) {
    const ofAnyThread = key.replace(/ \d+$/, "");
    most.set(ofAnyThread, Math.max(most.get(ofAnyThread) ?? 0, count));
  }
  const points = [...most.keys()].toSorted().flatMap((key) => {
    const [place = "", call = ""] = key.split(" ");
    const of = { place, call, files: [...(files.get(place) ?? [])].toSorted() };
    return Array.from({ length: most.get(key) ?? 0 }, (_, n) => ({ ...of, nth: n + 1 }));
  });
  return points.map((point, index) => ({ index, ...point }));
}

/**
 * So many of them, each place's calls in turn and evenly spread over a place's own: of some hundred writes of one file
 * few, of a rare call all. `draw`: in [0, 1), which ones.
 */
export function sampled(points: readonly Point[], most: number, draw: number): Point[] {
  const groups = [...Map.groupBy(points, ({ place, call }) => `${place} ${call}`).values()].toSorted(
    (one, other) => one.length - other.length,
  );
  let left = most;
  return groups.flatMap((group, nth) => {
    const count = Math.min(group.length, Math.ceil(left / (groups.length - nth)));
    left -= count;
    const stride = group.length / Math.max(1, count);
    return Array.from({ length: count }, (_, n) => group[Math.floor((n + draw) * stride)] ?? []).flat();
  });
}

export function nameOf({ place, call, nth }: Point): string {
  return `${place}:${call}:${nth}`;
}

/** strace's arguments for a fault at a point. A kill needs every call traced: seccomp's filter lets the process live on. */
export function faultAt(point: Point, dataDir: string, effect: string, isLasting = false): string[] {
  const { call, nth, files } = point;
  const filter = effect.startsWith("signal=") ? [] : ["--seccomp-bpf"];
  const paths = files.flatMap((file) => ["-P", join(dataDir, file)]);
  const when = isLasting ? `${nth}+` : String(nth);
  return [...filter, ...paths, "-e", `trace=${call}`, "-e", `inject=${call}:${effect}:when=${when}`];
}

function callsIn(trace: string, dataDir: string): { thread: string; call: string; file: string }[] {
  return trace.split("\n").flatMap((line) => {
    const [, thread, call, told] = begun.exec(line) ?? [];
    if (thread === undefined || call === undefined || told === undefined) return [];
    const at = told.indexOf(dataDir);
    if (at === -1) return [];
    const [, file] = /^\/?([^>"]*)[>"]/.exec(told.slice(at + dataDir.length)) ?? [];
    return file === undefined ? [] : [{ thread, call, file }];
  });
}

function placeOf(file: string): string {
  const [first = file] = file.split("/");
  return first === "" ? "." : first.replace(/-(wal|shm|journal)$/, "").replace(/\.new$/, "");
}
