import type { OperationsView } from "./operations.ts";

const gibibyte = 2 ** 30;

/** A platform with something to look at: search is behind. */
export function fakeOperations(at: string): OperationsView {
  const following = { state: "following", asOf: at, lagSeconds: 0.2, waiting: 0 } as const;
  return {
    now: at,
    version: "0.1.0",
    startedAt: at,
    state: "attention",
    advice: [
      {
        code: "search_behind",
        severity: "attention",
        message: "Search is 3 minutes behind: 1,200 changes wait.",
        hint: "It catches up by itself, after deciding. Answers say how old they are (asOf).",
      },
    ],
    consumers: [
      { name: "ingestion", ...following },
      { name: "sql", ...following },
      { name: "search", state: "behind", asOf: at, lagSeconds: 180, waiting: 1_200 },
      { name: "reviews", state: "unknown", asOf: null, lagSeconds: null, waiting: null },
    ],
    minutes: [{ at, accepted: 120, rejected: 3 }],
    disk: {
      measuredAt: at,
      freeBytes: 80 * gibibyte,
      totalBytes: 100 * gibibyte,
      usedBytes: 3 * gibibyte,
      parts: [
        { name: "log", bytes: 2 * gibibyte },
        { name: "state", bytes: gibibyte },
      ],
      tiers: [
        {
          name: "log",
          files: 16,
          bytes: gibibyte,
          records: 1_500_000,
          bytesPerMillionRecords: Math.round(gibibyte / 1.5),
        },
        {
          name: "archive",
          files: 80,
          bytes: gibibyte,
          records: 7_500_000,
          bytesPerMillionRecords: Math.round(gibibyte / 7.5),
        },
        { name: "lake", files: 3, bytes: 4_096, records: 12, bytesPerMillionRecords: null },
      ],
      keptSince: at,
      bytesPerMillionRecords: gibibyte,
      daysLeft: 123.4,
    },
    memory: { residentBytes: gibibyte / 2 },
    backup: null,
    retries: [],
  };
}
