import { both, megabytes, number, seconds, short, whole } from "../figures.ts";
import type { Limits } from "../limits.ts";
import { machineText, type Machine } from "../machine.ts";
import { limitsText } from "../report.ts";
import { aligned } from "../table.ts";
import type { LakeRound } from "./measuring.ts";
import type { Asked } from "./questions.ts";

/** Everything a run found; what is written as JSON. */
export interface LakeResults {
  /** UTC, ISO 8601. */
  startedAt: string;
  seconds: number;
  seed: number;
  machine: Machine;
  limits: Limits;
  rounds: LakeRound[];
}

type Row = readonly [label: string, cell: (round: LakeRound) => string];

/** The figures of each size side by side, and from the smallest size to the largest how many times as much. */
export function lakeReportText({ startedAt, seconds: sending, seed, machine, limits, rounds }: LakeResults): string {
  const alignments = ["left", ...rounds.map(() => "right" as const)] as const;
  const heads = rounds.map(({ events, customers }) => `${short(events)} events, ${short(customers)} customers`);
  const table = (title: string, rows: readonly Row[]): string =>
    aligned([[title, ...heads], ...rows.map(([label, cell]) => [label, ...rounds.map(cell)])], [...alignments]);
  const names = (of: (round: LakeRound) => Record<string, unknown>): string[] => [
    ...new Set(rounds.flatMap((round) => Object.keys(of(round)))),
  ];
  const questions = names((round) => round.questions).map((name): Row => [
    `  ${name}`,
    (round) => askedText(round.questions[name]),
  ]);
  const processor = names((round) => round.questions).map((name): Row => [
    `  ${name}`,
    (round) => whole(round.questions[name]?.cpuMs),
  ]);
  const disk = names((round) => round.diskPerMillion)
    .map((part): Row => [`  ${part}`, (round) => number((round.diskPerMillion[part] ?? 0) / 1e6, 1)])
    .filter(([, cell]) => rounds.some((round) => Number(cell(round)) > 0));
  const cpu = names((round) => round.load?.cpuUsUntilProcessed ?? {})
    .map((role): Row => [`  ${role}`, (round) => number(round.load?.cpuUsUntilProcessed[role], 1)])
    .filter(([, cell]) => rounds.some((round) => Number(cell(round)) > 0));
  return [
    `Customer 360 lake bench, ${startedAt}, ${sending} s of sending, seed ${seed}`,
    machineText(machine),
    ...(machine.loadBefore > 0.5
      ? ["Others were at work on this machine: the figures are worse than they would be."]
      : []),
    howMade,
    "",
    table("made", madeRows),
    table("SQL, ms: the first after a start, then the median of five", questions),
    table("the same, ms of the server's processor an answer", processor),
    table("one customer", timelineRows),
    table("disk, MB a million events", [["  files of the lake", ({ lakeFiles }) => whole(lakeFiles)], ...disk]),
    table("memory, MB resident", memoryRows),
    table("ingestion beside it", loadRows),
    table("  CPU µs an event until processed, by thread", cpu),
    limitsText(limits),
  ].join("\n");
}

const howMade = `Made without HTTP: hot rows by SQL, moved and merged by the platform; state decided by the platform from the first
event of each combination of identifiers and every order; message keys sealed by the platform; of the log the first event
of each segment.`;

const madeRows: readonly Row[] = [
  ["  making, s", ({ madeS }) => whole(madeS)],
  ["  events that the state was folded from", ({ decided }) => whole(decided)],
  ["  copied by search, SQL and the review queue, s", ({ copiedS }) => whole(copiedS)],
  ["  start with all of it until ready, s", ({ startMs }) => seconds(startMs)],
];

const timelineRows: readonly Row[] = [
  ["  timeline, ms (p50 / p99)", ({ timelineMs }) => both(timelineMs)],
  ["  refused for their time", ({ timelinesRefused }) => whole(timelinesRefused)],
  ["  events in it, at most 50", ({ timelineEvents }) => number(timelineEvents, 1)],
];

const memoryRows: readonly Row[] = [
  ["  idle", ({ memory }) => megabytes(memory.idle)],
  ["  at most while asked", ({ memory }) => megabytes(memory.asked)],
  ["  at most under load", ({ memory }) => megabytes(memory.loaded)],
];

const loadRows: readonly Row[] = [
  ["  end to end, events/s", ({ load }) => whole(load?.processedPerS)],
  ["  until SQL and timelines hold them too", ({ load }) => whole(load?.followedPerS)],
  ["  acknowledged, events/s", ({ load }) => whole(load?.acknowledgedPerS)],
  ["  acknowledgement of a batch, ms (p50 / p99)", ({ load }) => both(load?.ackMs)],
  ["  server CPU until processed, µs an event", ({ load }) => number(sumOf(load?.cpuUsUntilProcessed), 1)],
];

function sumOf(parts: Readonly<Record<string, number>> | undefined): number | null {
  return parts === undefined ? null : Object.values(parts).reduce((sum, part) => sum + part, 0);
}

function askedText(asked: Asked | undefined): string {
  if (asked === undefined) return whole(null);
  return asked.refused ?? `${whole(asked.firstMs)}, ${whole(asked.warmMs)}`;
}
