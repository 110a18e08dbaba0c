import { readdirSync, readFileSync } from "node:fs";
import { watchStandstill } from "./standstill.ts";

/** Of what all processors have: with less left to what is measured, its latencies tell of others. */
const leastLeft = 0.75;

/** In clock ticks since the machine's start. */
export interface MachineTimes {
  /** Of all processors, idle or not. */
  all: number;
  /** Somebody computed, or another machine on the same processors did. */
  busy: number;
  /** This process, and all that it has started, computed. */
  ours: number;
}

/** Null where the system has no `/proc`. */
export function machineTimes(): MachineTimes | null {
  try {
    const [, told = ""] = /^cpu +(.*)$/m.exec(readFileSync("/proc/stat", "utf8")) ?? [];
    // proc(5): user nice system idle iowait irq softirq steal; those of guests are counted in user and nice.
    const ticks = told.split(" ").slice(0, 8).map(Number);
    const all = sumOf(ticks);
    const [idle = 0, waiting = 0] = ticks.slice(3);
    return { all, busy: all - idle - waiting, ours: ticksOfFamily(process.pid) };
  } catch {
    return null;
  }
}

/** The part of the machine that others left between two looks: 0 to 1, whatever was made of it. */
export function leftBetween(before: MachineTimes, after: MachineTimes): number {
  const all = after.all - before.all;
  const others = after.busy - before.busy - (after.ours - before.ours);
  return all <= 0 ? 1 : Math.min(1, Math.max(0, 1 - others / all));
}

/**
 * Gives what begins to look, whose answer is the part that others left since: none where this process itself stood still
 * meanwhile, null where it cannot be known.
 */
export function watchMachine(): () => () => number | null {
  const stoodStill = watchStandstill();
  return () => {
    const [before, stoodBefore] = [machineTimes(), stoodStill()];
    return () => {
      if (stoodStill() > stoodBefore) return 0;
      const after = machineTimes();
      return before === null || after === null ? null : leftBetween(before, after);
    };
  };
}

/** Whether what took long in that time may be laid at the door of what is measured. */
export function isJudged(left: number | null): boolean {
  return left === null || left >= leastLeft;
}

/** With what its children used that have ended. */
function ticksOfFamily(root: number): number {
  const members = new Map<number, { parent: number; ticks: number }>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const member = memberOf(Number(name));
    if (member !== null) members.set(Number(name), member);
  }
  const isOurs = (pid: number): boolean => {
    for (let at = pid; at > 1; at = members.get(at)?.parent ?? 0) if (at === root) return true;
    return false;
  };
  return sumOf([...members].filter(([pid]) => isOurs(pid)).map(([, { ticks }]) => ticks));
}

function memberOf(pid: number): { parent: number; ticks: number } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // After the name, which may have spaces and brackets in it: state, parent, …, utime, stime, cutime, cstime.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { parent: Number(fields[1]), ticks: sumOf(fields.slice(11, 15).map(Number)) };
  } catch {
    // It has ended since the listing.
    return null;
  }
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
