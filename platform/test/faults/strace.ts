import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** Parts of the data directory that faults are aimed at. */
export const places = ["log", "state", "messages", "analytics", "search", "reviews", "access"] as const;
export type Place = (typeof places)[number];

/** Names that a small run may give: strace follows files by their whole path. */
const numbered = Array.from({ length: 60 }, (_, n) => n);

function database(name: string): string[] {
  return [name, `${name}-wal`, `${name}-journal`];
}

const files: Record<Place, readonly string[]> = {
  log: ["log", ...numbered.slice(0, 6).flatMap((n) => [`log/000000000${n}.log`, `log/000000000${n}.log.new`])],
  state: database("state.sqlite"),
  messages: [
    "messages",
    "messages/CURRENT",
    ...numbered.flatMap((n) => ["log", "ldb", "dbtmp"].map((end) => `messages/${String(n).padStart(6, "0")}.${end}`)),
    ...numbered.map((n) => `messages/MANIFEST-${String(n).padStart(6, "0")}`),
  ],
  analytics: ["analytics/analytics.duckdb", "analytics/analytics.duckdb.wal"],
  search: database("search.sqlite"),
  reviews: [...database("reviews.sqlite"), ...database("linkage.sqlite")],
  access: database("access.sqlite"),
};

export interface Injection {
  call: "pwrite64" | "write" | "fdatasync" | "fsync" | "ftruncate" | "rename" | "openat" | "read" | "pread64";
  /** Of strace's `inject`: `error=EIO`, `signal=KILL`, `delay_enter=200ms`. */
  effect: string;
  /** Of strace's `when`: which calls of a thread, as `3`, `3+`, `3..5`. */
  when: string;
  /** Null: any file. */
  place: Place | null;
}

/** The command to start the platform under. A kill needs every call traced: seccomp's filter lets the process live on. */
export function injecting({ call, effect, when, place }: Injection, dataDir: string): string[] {
  const filter = effect.startsWith("signal=") ? [] : ["--seccomp-bpf"];
  const at = place === null ? [] : files[place].flatMap((file) => ["-P", join(dataDir, file)]);
  const fault = ["-e", `trace=${call}`, "-e", `inject=${call}:${effect}:when=${when}`];
  return ["strace", "-f", ...filter, "-qq", "-o", "/dev/null", ...at, ...fault];
}

export function hasStrace(): boolean {
  return spawnSync("strace", ["-V"]).status === 0;
}
