import { describe, expect, it } from "vitest";
import type { Round } from "./measurements.ts";
import { reportText, type Results } from "./report.ts";

const quantiles = { p50: 1.25, p99: 42.5, max: 99, count: 10 };

const round: Round = {
  profiles: 100_000,
  eventsBefore: 100_000,
  full: {
    events: 600_000,
    acknowledgedPerS: 61_234.5,
    processedPerS: 23_456.7,
    followedPerS: null,
    drainMs: 5_000,
    followMs: null,
    maxPending: 400_000,
    maxAnalyticsLagMs: 9_000,
    ackMs: quantiles,
    refusedBatches: 0,
    bytesPerEvent: 1_013,
    cpuUsUntilProcessed: { ingestion: 16.5 },
    cpuUsPerEvent: { ingestion: 17.25, DelayedTaskSche: 0.0001 },
    loadCpuUsPerEvent: 6,
  },
  memory: { idleAtStart: 250_000_000, peak: null },
  diskBytesPerEvent: { log: 1_400, lock: 0.001, total: 1_400 },
};

function results(rounds: Round[], more: Partial<Results> = {}): Results {
  return {
    startedAt: "2026-11-24T12:00:00.000Z",
    seconds: 30,
    seed: 1,
    cpuProfiled: false,
    isWhole: true,
    machine: {
      cpus: 2,
      cpuModel: "Some CPU",
      memoryBytes: 24 * 2 ** 30,
      platform: "linux x64",
      node: "24.21.0",
      loadBefore: 0.1,
    },
    limits: {
      fdatasyncMs: { p50: 0.16, p99: 0.27 },
      sequentialWriteMbPerS: 1_167,
      eventBytes: 1_013,
      jsonParseUs: 3.1,
      jsonStringifyUs: 1.9,
      sha256Us: 1.6,
      hmacUs: 11.1,
    },
    rounds,
    ...more,
  };
}

/** The cells of the line that begins with `label`, the label left out. */
function cells(text: string, label: string): string[] {
  const line = text.split("\n").find((one) => one.trimStart().startsWith(label)) ?? "";
  return line.trim().slice(label.length).trim().split(/ {2,}/);
}

describe("the report", () => {
  it("shows each figure beside its goal, and a dash for what was not measured", () => {
    const text = reportText(results([round]));
    expect(cells(text, "end to end, events/s")).toEqual(["≥ 20,000; aim 50,000", "23,457"]);
    expect(cells(text, "until SQL and timelines hold them too")).toEqual(["–"]);
    expect(cells(text, "acknowledgement of a batch, full load, ms (p50 / p99)")).toEqual(["1.3 / 42.5"]);
    expect(cells(text, "event to visible profile")).toHaveLength(3);
    expect(cells(text, "profile reads/s, 16 connections")).toEqual(["–"]);
    expect(cells(text, "profile read, 500/s, ms (p50 / p99)")).toEqual(["p99 ≤ 2", "–"]);
    expect(cells(text, "memory at start, idle, MB")).toEqual(["< 300", "250"]);
    expect(text).not.toContain("NaN");
    expect(text).not.toContain("undefined");
  });

  it("shows search by kind of question", () => {
    const search = {
      profiles: 1_000_000,
      buildPerS: 9_000,
      bytesPerProfile: 777,
      foundShare: 1,
      touchUs: 20,
      ms: { typo: quantiles },
    };
    const text = reportText(results([round], { search }));
    expect(cells(text, "typo, ms (p50 / p99)")).toEqual(["p99 ≤ 20", "1.3 / 42.5"]);
    expect(cells(text, "disk, bytes a profile")).toEqual(["777"]);
  });

  it("has one column a round, told apart by customers and events", () => {
    const text = reportText(results([round, { ...round, profiles: 1_000_000, eventsBefore: 10_000_000 }]));
    expect(cells(text, "measured")).toEqual(["goal", "100 k profiles", "1 M profiles, 10 M events"]);
    expect(cells(text, "end to end, events/s")).toHaveLength(3);
  });

  it("leaves out threads and files that round to nothing", () => {
    const text = reportText(results([round]));
    expect(cells(text, "ingestion")).toEqual(["16.5"]);
    expect(cells(text.slice(text.indexOf("the same until SQL")), "ingestion")).toEqual(["17.3"]);
    expect(text).not.toContain("DelayedTaskSche");
    expect(text).not.toMatch(/^ *lock /m);
  });

  it("says the machine's limits, and what makes the figures worse than they would be", () => {
    const text = reportText(results([round]));
    expect(cells(text, "append 1 KB + fdatasync, ms (p50 / p99)")).toEqual(["0.16 / 0.27"]);
    expect(text).toContain("2 × Some CPU, 24 GiB");
    expect(text).not.toMatch(/profiled|Others were/);
    const busy = { ...results([]).machine, loadBefore: 1.5 };
    expect(reportText(results([], { isWhole: false }))).toMatch(/The run ended early/);
    expect(reportText(results([], { cpuProfiled: true, machine: busy }))).toMatch(/was profiled.*\nOthers were/);
  });
});
