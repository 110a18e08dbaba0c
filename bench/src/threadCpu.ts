import { readdirSync, readFileSync } from "node:fs";

/** CPU ms since the process's start, by what the thread does. */
export type CpuByThread = Readonly<Record<string, number>>;

/** Linux reports CPU times in ticks of a hundredth of a second on every machine that Node runs on. */
const msPerTick = 10;

/**
 * By the name that Linux knows a thread by; Node names workers, and threads that native code starts inherit the name
 * of their maker. Empty where there is no /proc.
 */
export function cpuByThread(pid: number): CpuByThread {
  const sums: Record<string, number> = {};
  for (const stat of threadStats(pid)) {
    const [, name = "", rest = ""] = /\((.*)\) (.*)/s.exec(stat) ?? [];
    const fields = rest.split(" ");
    const role = roleOf(name);
    sums[role] = (sums[role] ?? 0) + (Number(fields[11]) + Number(fields[12])) * msPerTick;
  }
  return sums;
}

export function cpuSince(before: CpuByThread, after: CpuByThread): CpuByThread {
  return Object.fromEntries(Object.entries(after).map(([role, ms]) => [role, ms - (before[role] ?? 0)]));
}

function threadStats(pid: number): string[] {
  try {
    const tasks = `/proc/${pid}/task`;
    return readdirSync(tasks).flatMap((task) => {
      try {
        return [readFileSync(`${tasks}/${task}/stat`, "utf8")];
      } catch {
        // It ended meanwhile.
        return [];
      }
    });
  } catch {
    return [];
  }
}

function roleOf(name: string): string {
  if (name === "MainThread" || name === "node") return "gateway and API";
  if (name === "WorkerThread" || name === "ingestion") return "ingestion";
  if (name === "V8Worker" || name === "v8:ProfEvntProc") return "garbage collector and compiler";
  // What DuckDB and LevelDB are asked through their addons, and files, is done by threads of Node's pool.
  if (name.startsWith("libuv")) return "thread pool (DuckDB, LevelDB, files)";
  return name;
}

/** Resident bytes; null where there is no /proc. */
export function residentBytes(pid: number): number | null {
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return kilobytes === undefined ? null : Number(kilobytes) * 1_024;
  } catch {
    return null;
  }
}
