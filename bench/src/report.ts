import type { Limits } from "./limits.ts";
import { both, megabytes, number, seconds, short, whole } from "./figures.ts";
import { machineText, type Machine } from "./machine.ts";
import type { Round, SearchFigures } from "./measurements.ts";
import { aligned } from "./table.ts";
import { pollEveryMs } from "./visibility.ts";

/** Everything a run found; what is written as JSON. */
export interface Results {
  /** UTC, ISO 8601. */
  startedAt: string;
  seconds: number;
  seed: number;
  cpuProfiled: boolean;
  /** False of a run that was interrupted or failed: what it had measured by then. */
  isWhole: boolean;
  machine: Machine;
  limits: Limits;
  rounds: Round[];
  /** Null when it was not asked for. */
  search?: (SearchFigures & { profiles: number }) | null;
}

type Row = readonly [label: string, goal: string, cell: (round: Round) => string];

const rows: readonly Row[] = [
  ["end to end, events/s", "≥ 20,000; aim 50,000", ({ full }) => whole(full?.processedPerS)],
  ["  until SQL and timelines hold them too", "", ({ full }) => whole(full?.followedPerS)],
  ["acknowledged in batches of 100, events/s", "≥ 64,000; aim 150,000", ({ full }) => whole(full?.acknowledgedPerS)],
  ["most pending records", "≤ 1,000,000", ({ full }) => whole(full?.maxPending)],
  ["drained after the last answer, s", "", ({ full }) => seconds(full?.drainMs)],
  ["analytics behind the drained profiles, s", "", ({ full }) => seconds(full?.followMs)],
  ["acknowledgement of a batch, full load, ms (p50 / p99)", "", ({ full }) => both(full?.ackMs)],
  ["acknowledgement of a batch, half load, ms (p50 / p99)", "", ({ half }) => both(half?.ackMs)],
  ["half load, events/s", "", ({ half }) => whole(half?.acknowledgedPerS)],
  ["event to visible profile, half load, ms (p50 / p99)", "p99 ≤ 250", ({ half }) => both(half?.visibleMs)],
  ["analytics lag, half load, at most, s", "", ({ half }) => seconds(half?.maxAnalyticsLagMs)],
  [
    "single events at 64 connections, acknowledged/s",
    "≥ 10,000; aim 20,000",
    ({ single }) => whole(single?.acknowledgedPerS),
  ],
  ["  acknowledgement, ms (p50 / p99)", "p99 ≤ 20", ({ single }) => both(single?.ackMs)],
  ["  until SQL and timelines hold them too, events/s", "", ({ single }) => whole(single?.followedPerS)],
  ["profile reads/s, 16 connections", "", ({ reads }) => whole(reads?.perS)],
  ["  profile read, ms (p50 / p99)", "", ({ reads }) => both(reads?.ms)],
  ["profile read, 500/s, ms (p50 / p99)", "p99 ≤ 2", ({ reads }) => both(reads?.pacedMs)],
  ["event to found by search, 5,000 events/s, ms (p50 / p99)", "p99 ≤ 1,000", ({ follow }) => both(follow?.foundMs)],
  ["  search thread, CPU µs an event", "", ({ follow }) => number(follow?.cpuUsPerEvent, 1)],
  ["start with all of it until ready, s", "≤ 3 with 1 M", ({ startMs }) => seconds(startMs)],
  ["memory at start, idle, MB", "< 300", ({ memory }) => megabytes(memory.idleAtStart)],
  ["memory at most, MB", "", ({ memory }) => megabytes(memory.peak)],
];

/** The figures beside the goals, where the time and the space went, and the machine's limits, as text. */
export function reportText(results: Results): string {
  const { rounds, machine, limits } = results;
  const heads = rounds.map(({ profiles, eventsBefore }) => headOf(profiles, eventsBefore));
  const alignments = ["left", "left", ...rounds.map(() => "right" as const)] as const;
  const table = (lines: readonly Row[], title: string): string =>
    aligned(
      [[title, "goal", ...heads], ...lines.map(([label, goal, cell]) => [label, goal, ...rounds.map(cell)])],
      [...alignments],
    );
  const parts = (of: (round: Round) => Readonly<Record<string, number>>, digits: number): Row[] =>
    [...new Set(rounds.flatMap((round) => Object.keys(of(round))))]
      .map((part): Row => [`  ${part}`, "", (round) => number(of(round)[part] ?? 0, digits)])
      .filter(([, , cell]) => rounds.some((round) => Number(cell(round)) > 0));
  const generator = (of: (round: Round) => number | undefined): Row => [
    "  load generator (not the server)",
    "",
    (round) => number(of(round), 1),
  ];
  const time: Row[] = [
    ...parts(({ full }) => full?.cpuUsPerEvent ?? {}, 1),
    generator(({ full }) => full?.loadCpuUsPerEvent),
  ];
  const singleTime: Row[] = [
    ...parts(({ single }) => single?.cpuUsPerEvent ?? {}, 1),
    generator(({ single }) => single?.loadCpuUsPerEvent),
  ];
  return [
    `Customer 360 bench, ${results.startedAt}, ${results.seconds} s a phase, seed ${results.seed}`,
    machineText(machine),
    ...(results.isWhole ? [] : ["The run ended early: this is what it had measured by then."]),
    ...(results.cpuProfiled ? ["The server was profiled: it is slower than it would be."] : []),
    ...(machine.loadBefore > 0.5
      ? ["Others were at work on this machine: the figures are lower than they would be."]
      : []),
    "",
    table(rows, "measured"),
    table(
      parts(({ full }) => full?.cpuUsUntilProcessed ?? {}, 1),
      "CPU µs an event, full load, until processed",
    ),
    table(time, "the same until SQL and timelines hold them"),
    table(singleTime, "CPU µs an event, single events, until processed"),
    table(
      parts((round) => round.diskBytesPerEvent, 0),
      "disk, bytes an event, by part",
    ),
    ...searchText(results.search ?? null),
    limitsText(limits),
    `An event to profile figure is up to ${pollEveryMs} ms and a read too high: that is how often the profile is read.`,
    "",
  ].join("\n");
}

function searchText(search: Results["search"]): string[] {
  if (search === null || search === undefined) return [];
  const goal = (kind: string): string => (kind.startsWith("typo") ? "p99 ≤ 20" : "");
  const lines = Object.entries(search.ms).map(([kind, ms]) => [`  ${kind}, ms (p50 / p99)`, goal(kind), both(ms)]);
  return [
    aligned(
      [
        ["search, in process", "goal", `${short(search.profiles)} profiles`],
        ...lines,
        ["  built, profiles/s", "", whole(search.buildPerS)],
        ["  disk, bytes a profile", "", whole(search.bytesPerProfile)],
        ["  noting that one was seen again, µs", "", number(search.touchUs, 1)],
      ],
      ["left", "left", "right"],
    ),
  ];
}

export function limitsText(limits: Limits): string {
  const lines = [
    [
      "append 1 KB + fdatasync, ms (p50 / p99)",
      `${number(limits.fdatasyncMs.p50, 2)} / ${number(limits.fdatasyncMs.p99, 2)}`,
    ],
    ["sequential write, MB/s", whole(limits.sequentialWriteMbPerS)],
    ["an event, bytes", whole(limits.eventBytes)],
    ["JSON.parse of it, µs", number(limits.jsonParseUs, 1)],
    ["JSON.stringify of it, µs", number(limits.jsonStringifyUs, 1)],
    ["SHA-256 of it, µs", number(limits.sha256Us, 1)],
    ["HMAC-SHA-256 of an identifier, µs", number(limits.hmacUs, 1)],
  ];
  return aligned([["limits of this machine, in this run", ""], ...lines], ["left", "right"]);
}

function headOf(profiles: number, eventsBefore: number): string {
  const head = `${short(profiles)} profiles`;
  return eventsBefore === profiles ? head : `${head}, ${short(eventsBefore)} events`;
}
