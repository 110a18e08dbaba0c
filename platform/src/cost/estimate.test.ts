import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { Problem } from "../model/problem.ts";
import { type CostRequest, type Deployment, estimateCost, monthlyLines } from "./estimate.ts";
import { functionModes } from "./functions.ts";
import { parsePrices, readPrices, unseenPrices } from "./prices.ts";
import { environments, settingsOf, type Settings, type Workload } from "./settings.ts";
import { streamModes } from "./stream.ts";

const prices = readPrices();
const workloads: fc.Arbitrary<Workload> = fc.record({
  eventsPerDay: fc.oneof(fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: 0, max: 3_000_000_000 })),
  eventKb: fc.double({ min: 0.1, max: 300, noNaN: true }),
  customers: fc.integer({ min: 0, max: 1_000_000_000 }),
});
const deployments: fc.Arbitrary<Deployment> = fc
  .record({
    environment: fc.constantFrom(...environments),
    stream: fc.constantFrom(...streamModes),
    functions: fc.constantFrom(...functionModes),
    streamRetentionHours: fc.constantFrom(24, 48, 168),
    ingestBatchSize: fc.constantFrom(1, 100, 10_000),
    lakeMonths: fc.constantFrom(1, 2, 3, 24),
  })
  .map(({ environment, stream, functions, ...changes }) => ({
    environment,
    stream,
    functions,
    settings: settingsOf(environment, new Map(Object.entries(changes))),
  }));
/** Sums of doubles in another order differ in their last digits. */
const nearly = 1 + 1e-9;

function usdOf(workload: Workload, deployment: Deployment): number {
  return monthlyLines(workload, deployment, prices).reduce((sum, { usd }) => sum + usd, 0);
}

function prod(changes: Partial<Settings> = {}): CostRequest {
  const settings = settingsOf("prod", new Map(Object.entries(changes)));
  return { workload: { eventsPerDay: 0, eventKb: 1, customers: 0 }, environment: "prod", settings };
}

function service(request: CostRequest, name: string): number {
  const found = estimateCost(request, prices).services.find((each) => each.service === name);
  return found?.amountMinor ?? Number.NaN;
}

describe("whatever the workload", () => {
  it("more events, larger ones or more people never cost less, on any line", () => {
    fc.assert(
      fc.property(workloads, workloads, deployments, (one, other, deployment) => {
        const less: Workload = {
          eventsPerDay: Math.min(one.eventsPerDay, other.eventsPerDay),
          eventKb: Math.min(one.eventKb, other.eventKb),
          customers: Math.min(one.customers, other.customers),
        };
        const more: Workload = {
          eventsPerDay: Math.max(one.eventsPerDay, other.eventsPerDay),
          eventKb: Math.max(one.eventKb, other.eventKb),
          customers: Math.max(one.customers, other.customers),
        };
        const dearer = monthlyLines(more, deployment, prices);
        const cheaper = monthlyLines(less, deployment, prices);
        expect(cheaper.filter(({ usd }, at) => !(usd >= 0 && usd <= dearer[at]!.usd * nearly))).toEqual([]);
      }),
    );
  });

  it("so many times the workload costs at most so many times as much: a million events never cost more", () => {
    fc.assert(
      fc.property(workloads, deployments, fc.integer({ min: 1, max: 50 }), (workload, deployment, times) => {
        const { eventsPerDay, customers } = workload;
        const many = { ...workload, eventsPerDay: eventsPerDay * times, customers: customers * times };
        expect(usdOf(many, deployment)).toBeLessThanOrEqual(usdOf(workload, deployment) * times * nearly);
      }),
    );
  });

  it("the estimate is the cheapest configuration, sums to the penny, and costs at least what it does idle", () => {
    fc.assert(
      fc.property(workloads, fc.constantFrom(...environments), (workload, environment) => {
        const answer = estimateCost({ workload, environment, settings: settingsOf(environment) }, prices);
        const amounts = answer.configurations.map(({ amountMinor }) => amountMinor);
        expect(amounts).toHaveLength(streamModes.length * functionModes.length);
        expect(answer.amountMinor).toBe(Math.min(...amounts));
        expect(answer.services.reduce((sum, { amountMinor }) => sum + amountMinor, 0)).toBe(answer.amountMinor);
        expect(answer.services.reduce((sum, { idleMinor }) => sum + idleMinor, 0)).toBe(answer.idleMinor);
        expect(answer.idleMinor).toBeLessThanOrEqual(answer.amountMinor);
        for (const [at, { amountMinor }] of answer.configurations.slice(1).entries()) {
          expect(amountMinor).toBeGreaterThanOrEqual(answer.configurations[at]!.amountMinor);
        }
      }),
    );
  });

  it("what a setting is said to change is what it changes", () => {
    fc.assert(
      fc.property(workloads, deployments, ({ ...workload }, { environment, settings, stream, functions }) => {
        const request = { workload, environment, settings, stream, functions };
        const answer = estimateCost(request, prices);
        expect(answer.changes.length).toBeGreaterThan(10);
        for (const { setting, other, differenceMinor } of answer.changes) {
          const then = estimateCost({ ...request, settings: { ...settings, [setting]: other } }, prices);
          expect(then.amountMinor - answer.amountMinor).toBe(differenceMinor);
        }
      }),
      { numRuns: 20 },
    );
  });
});

/** A million events of 1 KB a day for 730 hours are 30,416,667 events: 29.007594 GB. */
describe("by hand", () => {
  const million: Workload = { eventsPerDay: 1_000_000, eventKb: 1, customers: 0 };

  test.each([
    // 730 h × 0.04 + 29.007594 GB × (0.08 + 0.04)
    ["on-demand", 1, 32.68],
    // 2.5 KB count as three: 29.2 + 87.022781 GB × 0.12
    ["on-demand", 2.5, 39.64],
    // 730 h × 0.015 × 1 shard + 30.416667 million × 0.014
    ["provisioned", 1, 11.38],
    // As if 25 MB/s came and went: 64,160.15625 GB × (0.032 + 0.016)
    ["advantage", 1, 3_079.69],
  ] as const)("Kinesis %s, events of %d KB: USD %d", (stream, eventKb, usd) => {
    expect(service({ ...prod(), workload: { ...million, eventKb }, stream }, "Kinesis")).toBe(Math.round(usd * 100));
  });

  it("On-demand Advantage pays from 10 MB a second, read once", () => {
    const cheapest = (mbPerSecond: number): string => {
      const eventsPerDay = mbPerSecond * 1_024 * 86_400;
      const { configurations } = estimateCost({ ...prod(), workload: { ...million, eventsPerDay } }, prices);
      return configurations.filter(({ stream }) => stream !== "provisioned")[0]!.stream;
    };
    expect(cheapest(9.8)).toBe("on-demand");
    expect(cheapest(10.2)).toBe("advantage");
  });

  it("a week in the stream", () => {
    const request = { ...prod({ streamRetentionHours: 168 }), workload: million };
    // Six days more of 0.953674 GB each: 5.722046 GB-months × 0.10
    expect(service({ ...request, stream: "on-demand" }, "Kinesis")).toBe(3_325);
    // 730 h × (0.015 + 0.02) + 0.43
    expect(service({ ...request, stream: "provisioned" }, "Kinesis")).toBe(2_598);
  });

  it("DynamoDB: writes, reads, what is stored, its backup", () => {
    const workload = { ...million, customers: 1_000_000 };
    // 30.416667 M × 4 units × 0.625 + 30.416667 M × 2 × 0.125 = 83.645833;
    // (8,000,000 + 30,000,000 + 30,416,667 × 24 × 0.1 KB) / 1,048,576 = 105.858 GB × 0.45 = 47.636
    expect(service({ ...prod(), workload }, "DynamoDB")).toBe(13_128);
  });

  it("Fargate: as many gateways as the busiest second needs", () => {
    // (0.03238 + 2 × 0.00356) × 730 = 28.835
    expect(service(prod(), "Fargate")).toBe(5_767);
    // 100 M a day are 1,157.4 a second, 11,574 in the busiest: 3 gateways
    const workload = { ...million, eventsPerDay: 100_000_000 };
    expect(service({ ...prod({ peakToMean: 10 }), workload }, "Fargate")).toBe(8_651);
  });

  it("Lambda: on demand while it is busy less than 60 % of the time, provisioned from then on", () => {
    const cheaper = (busy: number): string => {
      const settings = { msPerBatch: 1_000 * busy, msPerEvent: 0.001, ingestBatchSize: 10_000, ingestWindowS: 1 };
      const request = { ...prod(settings), workload: { ...million, eventsPerDay: 500_000 }, stream: "provisioned" };
      return estimateCost(request as CostRequest, prices).functions;
    };
    expect(cheaper(0.58)).toBe("on-demand");
    expect(cheaper(0.62)).toBe("provisioned");
  });

  it("a savings plan pays from the share that it leaves to be paid", () => {
    const { savingsPlan } = estimateCost(prod(), prices);
    // Idle, two gateways of 28.835 at 20 % less and the processor's 0.584 at 12 % less: 58.254 covered, 11.604 saved
    expect(savingsPlan).toMatchObject({ coveredMinor: 5_825, savesMinor: 1_160, commitmentPerHourMinor: 6 });
    expect(savingsPlan.breakEvenShare).toBeCloseTo(0.8008, 4);
  });

  it("what is never paid for by events is what it costs idle", () => {
    const answer = estimateCost(prod(), prices);
    expect(answer.amountMinor).toBe(answer.idleMinor);
    expect(answer.perMillionEventsMinor).toBeNull();
    const dev = estimateCost({ ...prod(), environment: "dev", settings: settingsOf("dev") }, prices);
    expect(dev.idleMinor).toBeLessThan(answer.idleMinor / 3);
  });
});

describe("a price file", () => {
  const own = JSON.stringify({
    region: "eu-west-1",
    currency: "USD",
    read: "2026-11-30",
    prices: prices.of,
    savings: prices.savings,
  });

  it("may be one's own", () => {
    const doubled = JSON.parse(own);
    for (const price of Object.values<{ usd: number }>(doubled.prices)) price.usd *= 2;
    const dear = parsePrices(JSON.stringify(doubled), "own.json");
    expect(estimateCost(prod(), dear).amountMinor / estimateCost(prod(), prices).amountMinor).toBeCloseTo(2, 3);
    expect(estimateCost(prod(), dear).region).toBe("eu-west-1");
  });

  it.each([
    ["{", "not JSON"],
    ["[]", "not a price file"],
    [own.replace(`"albHour"`, `"albHours"`), "at /prices"],
    [own.replace(`"usd":0.0225`, `"usd":-1`), "at /prices/albHour/usd"],
    [own.replace(`"USD"`, `"EUR"`), "at /currency"],
  ])("is refused with the place: %.20s", (text, place) => {
    const refused = (): unknown => parsePrices(text, "own.json");
    expect(refused).toThrow(Problem);
    expect(refused).toThrow(place);
  });

  it("names what nobody confirmed", () => {
    const unseen = unseenPrices(prices);
    expect(unseen.length).toBeGreaterThan(0);
    expect(unseen.length).toBeLessThan(Object.keys(prices.of).length / 3);
  });
});
