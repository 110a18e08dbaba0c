import { describe, expect, it } from "vitest";
import { followedUp, maxStallMs, type ServerProgress } from "./followedUp.ts";

const at = (second: number): string => new Date(second * 1_000).toISOString();
const whole: ServerProgress = {
  now: at(5),
  acceptedRecords: 9,
  pendingRecords: 0,
  analytics: { asOf: at(6) },
  search: { asOf: at(6) },
};

/** Waits on a server that answers these by turns, the last one for ever. */
async function waiting(...answers: Partial<ServerProgress>[]) {
  const told: string[] = [];
  const left = answers.map((answer) => ({ ...whole, ...answer }));
  let slept = 0;
  const status = async () => (left.length > 1 ? left.shift() : left[0]) ?? whole;
  const sleep = async (ms: number) => {
    slept += ms;
  };
  const ended = await followedUp(status, sleep, (message) => told.push(message)).then(
    () => null,
    (error: unknown) => error,
  );
  return { told, slept, ended };
}

describe("waiting until everything is followed", () => {
  it("ends at once when it is, and a moment after it is", async () => {
    expect(await waiting({})).toEqual({ told: [], slept: 0, ended: null });
    const behind = { pendingRecords: 3, analytics: { asOf: at(1) } };
    expect(await waiting(behind, behind, { pendingRecords: 0 })).toEqual({ told: [], slept: 200, ended: null });
  });

  it.each([
    ["processing", { pendingRecords: 4 }],
    ["analytics", { analytics: { asOf: at(2) } }],
    ["search", { search: { asOf: null } }],
    ["analytics and search", { analytics: { asOf: at(0) }, search: { asOf: at(2) } }],
  ])("says once that it waits for %s, and gives up after a bound", async (who, answer) => {
    const { told, slept, ended } = await waiting(answer);
    expect(told).toEqual([expect.stringContaining(`Waiting for ${who} to catch up`)]);
    expect(slept).toBe(maxStallMs);
    expect(ended).toMatchObject({ status: 503, code: "follower_stalled" });
    expect(String(ended)).toContain(`but ${who} did not move for 15 minutes`);
  });

  it("does not give up on who moves, however slowly", async () => {
    const slow = Array.from({ length: 3 }, (_, index) =>
      Array.from({ length: maxStallMs / 200 - 1 }, () => ({ search: { asOf: at(index) } })),
    ).flat();
    expect((await waiting(...slow, {})).ended).toBeNull();
  });
});
