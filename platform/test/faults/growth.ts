import { isJudged } from "./machine.ts";

/** What one minute under load was like; null where something is not looked at by the minute. */
export interface Minute {
  /** The most of its own, without mapped files, which are the system's to take back. */
  memoryMiB: number;
  /** The most. */
  handles: number;
  acknowledgedPerS: number;
  acknowledgedP50Ms: number | null;
  acknowledgedP99Ms: number | null;
  visibleP50Ms: number | null;
  visibleP99Ms: number | null;
  /** The most records that waited. */
  pending: number;
  refusedBatches: number | null;
  /** The part of the machine that others left, 0 to 1; null where that is not known. */
  machineLeft: number | null;
}

export interface Growth {
  what: string;
  /** Medians of the first and the last third of the minutes after warming up. */
  first: number;
  last: number;
  /** A minute, of a straight line through the minutes after warming up (least squares). */
  slope: number;
  /** More than this in the last third is growth. */
  most: number;
  isGrowing: boolean;
}

/** Of the minutes after warming up, so many at least have to tell of the platform, and not of what else the machine did. */
const leastJudgedPart = 0.5;

/** Caches fill, code is compiled. */
const warmPart = 0.2;
const mostMoreMemory = 1.1;
const mostMoreHandles = 6;
/** Twice, and as much as a machine that does something else now and then makes of it. */
const mostMoreLatency = 2;
const latencyNoiseMs = 50;

/** Memory, handles and latencies, held against what they were. At least six minutes. */
export function growthOf(minutes: readonly Minute[]): Growth[] {
  const warm = minutes.slice(Math.floor(minutes.length * warmPart));
  const growth = (
    what: string,
    read: (minute: Minute) => number | null,
    mostOf: (first: number) => number,
    of: readonly Minute[] = warm,
  ): Growth[] => {
    const values = of.map(read).filter((value) => value !== null);
    const third = Math.max(1, Math.floor(values.length / 3));
    if (values.length < 3) return [];
    const [first, last] = [median(values.slice(0, third)), median(values.slice(-third))];
    const most = mostOf(first);
    return [{ what, first, last, slope: slopeOf(values), most, isGrowing: last > most }];
  };
  const judged = judgedOf(warm);
  const slower = (first: number): number => first * mostMoreLatency + latencyNoiseMs;
  return [
    ...growth(
      "memory, MiB",
      ({ memoryMiB }) => memoryMiB,
      (first) => first * mostMoreMemory,
    ),
    ...growth(
      "open handles",
      ({ handles }) => handles,
      (first) => first + mostMoreHandles,
    ),
    ...growth("acknowledged p50, ms", ({ acknowledgedP50Ms }) => acknowledgedP50Ms, slower, judged),
    ...growth("acknowledged p99, ms", ({ acknowledgedP99Ms }) => acknowledgedP99Ms, slower, judged),
    ...growth("visible p50, ms", ({ visibleP50Ms }) => visibleP50Ms, slower, judged),
    ...growth("visible p99, ms", ({ visibleP99Ms }) => visibleP99Ms, slower, judged),
  ];
}

/** Latencies of the other minutes tell of what else the machine did. */
function judgedOf(warm: readonly Minute[]): readonly Minute[] {
  return warm.filter(({ machineLeft }) => isJudged(machineLeft));
}

/** Whether enough minutes tell of the platform for its latencies to be judged. */
export function areLatenciesJudged(minutes: readonly Minute[]): boolean {
  const warm = minutes.slice(Math.floor(minutes.length * warmPart));
  return judgedOf(warm).length >= leastJudgedPart * warm.length;
}

/** How far the values go from their median, as a part of it, after warming up. */
export function swingOf(minutes: readonly Minute[], read: (minute: Minute) => number): number {
  const values = minutes.slice(Math.floor(minutes.length * warmPart)).map(read);
  const middle = median(values);
  return Math.max(...values.map((value) => Math.abs(value - middle))) / middle;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const [low = 0, high = 0] = [sorted[sorted.length % 2 === 0 ? half - 1 : half], sorted[half]];
  return (low + high) / 2;
}

function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const over = values.reduce((sum, value, n) => sum + (n - middle) * (value - mean), 0);
  return over / values.reduce((sum, _, n) => sum + (n - middle) ** 2, 0);
}
