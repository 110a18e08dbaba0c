import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { consumerNames, type ConsumerView } from "../api/operations.ts";
import { adviceOn, stateOf, type Figures } from "./advice.ts";

const gibibyte = 2 ** 30;
const following = (name: ConsumerView["name"], lagSeconds = 0, waiting = 0): ConsumerView => ({
  name,
  state: lagSeconds < 10 ? "following" : "behind",
  asOf: "2026-11-30T12:00:00.000Z",
  lagSeconds,
  waiting,
});
const well: Figures = {
  now: 1_000_000,
  logFailed: false,
  takesNothing: false,
  consumers: consumerNames.map((name) => following(name)),
  disk: { freeBytes: 50 * gibibyte, totalBytes: 100 * gibibyte, daysLeft: 400 },
  lately: { accepted: 5_000, rejected: 3 },
  retries: [],
  backup: null,
};
const codes = (figures: Partial<Figures>): string[] =>
  adviceOn({ ...well, ...figures }).map(({ code, severity }) => `${severity} ${code}`);

describe("what to do now", () => {
  it("is nothing where all is well", () => {
    expect(adviceOn(well)).toEqual([]);
    expect(stateOf([])).toBe("well");
  });

  it.each<[string, Partial<Figures>, string[]]>([
    ["a log that failed", { logFailed: true }, ["trouble log_failed"]],
    ["no room to take more", { takesNothing: true, disk: null }, ["trouble disk_low"]],
    [
      "a disk that is nearly full",
      { disk: { freeBytes: gibibyte / 2, totalBytes: 100 * gibibyte, daysLeft: null } },
      ["trouble disk_low"],
    ],
    [
      "a disk that fills",
      { disk: { freeBytes: 4 * gibibyte, totalBytes: 100 * gibibyte, daysLeft: null } },
      ["attention disk_low"],
    ],
    [
      "a disk that will be full in days",
      { disk: { freeBytes: 50 * gibibyte, totalBytes: 100 * gibibyte, daysLeft: 3 } },
      ["attention disk_low"],
    ],
    [
      "a small disk with room by its size",
      { disk: { freeBytes: 3 * gibibyte, totalBytes: 10 * gibibyte, daysLeft: null } },
      [],
    ],
    ["deciding that is behind", { consumers: [following("ingestion", 45, 900_000)] }, ["attention ingestion_behind"]],
    ["a follower that is a little behind", { consumers: [following("search", 45, 10)] }, []],
    ["a follower that is behind", { consumers: [following("search", 75, 10)] }, ["attention search_behind"]],
    [
      "one that says nothing",
      { consumers: [{ name: "sql", state: "unknown", asOf: null, lagSeconds: null, waiting: null }] },
      ["attention sql_silent"],
    ],
    ["a retry just now", { retries: [{ at: 990_000, message: "ENOSPC" }] }, ["attention retrying"]],
    ["a retry of long ago", { retries: [{ at: 0, message: "ENOSPC" }] }, []],
    ["many refusals", { lately: { accepted: 100, rejected: 40 } }, ["attention many_refused"]],
    ["a few among many", { lately: { accepted: 100_000, rejected: 40 } }, []],
    ["a backup that failed", { backup: { status: "failed" } }, ["attention backup_failed"]],
  ])("%s", (_, figures, expected) => {
    expect(codes(figures)).toEqual(expected);
  });

  it("says how much, in words", () => {
    const [behind] = adviceOn({ ...well, consumers: [following("sql", 1_500, 1_200)] });
    expect(behind?.message).toBe("SQL and timelines are 25 minutes behind: 1,200 changes wait.");
    const [low] = adviceOn({ ...well, disk: { freeBytes: gibibyte, totalBytes: 1_000 * gibibyte, daysLeft: 0.4 } });
    expect(low?.message).toContain("1.0 GiB are left");
    expect(low?.message).toContain("less than a day");
  });

  it("names the worst first, whatever else there is, and the state by it", () => {
    const figures = fc.record<Figures>({
      now: fc.constant(1_000_000),
      logFailed: fc.boolean(),
      takesNothing: fc.boolean(),
      consumers: fc.array(
        fc.record<ConsumerView>({
          name: fc.constantFrom(...consumerNames),
          state: fc.constantFrom("following", "behind", "unknown"),
          asOf: fc.constant(null),
          lagSeconds: fc.option(fc.double({ min: 0, max: 1e7, noNaN: true })),
          waiting: fc.option(fc.nat()),
        }),
        { maxLength: 4 },
      ),
      disk: fc.option(
        fc.record({
          freeBytes: fc.nat(),
          totalBytes: fc.nat(),
          daysLeft: fc.option(fc.double({ min: 0, noNaN: true, noDefaultInfinity: true })),
        }),
      ),
      lately: fc.record({ accepted: fc.nat(), rejected: fc.nat() }),
      retries: fc.array(fc.record({ at: fc.nat(1_000_000), message: fc.string() }), { maxLength: 3 }),
      backup: fc.option(fc.record({ status: fc.constantFrom("running" as const, "done" as const, "failed" as const) })),
    });
    fc.assert(
      fc.property(figures, (given) => {
        const advice = adviceOn(given);
        const severities = advice.map(({ severity }) => severity);
        expect(severities).toEqual(
          [...severities].toSorted((one, other) => (one === other ? 0 : one === "trouble" ? -1 : 1)),
        );
        expect(stateOf(advice)).toBe(severities[0] ?? "well");
        for (const { message, hint } of advice) {
          expect(message.endsWith(".") || message.startsWith("Something failed")).toBe(true);
          expect(`${message} ${hint}`).not.toMatch(/NaN|undefined|null|Infinity/);
        }
      }),
    );
  });
});
