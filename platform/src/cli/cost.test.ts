import { writeFileSync } from "node:fs";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { run } from "./io.fake.ts";

const dir = mkdtempSync(join(tmpdir(), "c360-cost-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const cost = (...argv: string[]) => run(["cost", "--events-per-day", "1000000", ...argv]);

describe("c360 cost", () => {
  it("tells by service, by configuration and by setting, without a platform", async () => {
    const { code, out, err } = await cost("--customers", "50000");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    for (const line of ["Kinesis provisioned, Lambda on-demand", "a million events", "lakeMonths", "Savings Plan"]) {
      expect(out).toContain(line);
    }
    expect(out).toMatch(/^total +USD [\d,]+\.\d\d +USD [\d,]+\.\d\d$/m);
  });

  it("answers in JSON, with the settings that it counted with", async () => {
    const { json } = await cost("--json", "--set", "lakeMonths=6", "--set", "peakToMean=5", "--environment", "dev");
    expect(json).toMatchObject({ environment: "dev", currency: "USD", settings: { lakeMonths: 6, peakToMean: 5 } });
    expect(json.services.map((each: { service: string }) => each.service)).toContain("Timestream for InfluxDB");
  });

  it("keeps to the configuration that is asked for", async () => {
    const { json } = await cost("--json", "--stream", "advantage", "--lambda", "provisioned");
    expect(json).toMatchObject({ stream: "advantage", functions: "provisioned" });
    expect(json.amountMinor).toBe(
      json.configurations.find(
        (each: { stream: string; functions: string }) =>
          each.stream === "advantage" && each.functions === "provisioned",
      ).amountMinor,
    );
  });

  it.each([
    [["--events-per-day", "-5"], "Give a number from 0"],
    [["--events-per-day", "1e6"], "Give a number from 0"],
    [["--event-kb", "0"], "Give a number from 0.01"],
    [["--environment", "test"], "One of: dev, prod"],
    [["--stream", "firehose"], "One of: on-demand, advantage, provisioned"],
    [["--lambda", "x86"], "One of: on-demand, provisioned"],
    [["--set", "lakeMonths"], "lakeMonths=12"],
    [["--set", "lakeYears=2"], "One of: availabilityZones"],
    [["--set", "constructor=2"], "One of: availabilityZones"],
    [["--set", "lakeMonths=0"], "Give a number from 1 to 120 (months)."],
  ])("says what is wrong with %j", async (argv, hint) => {
    const { code, err } = await cost(...argv);
    expect(code).toBe(2);
    expect(err).toContain(hint);
  });

  it("says what is wrong with a price file", async () => {
    const path = join(dir, "prices.json");
    writeFileSync(path, "{}");
    for (const file of [path, join(dir, "none.json")]) {
      const { code, err } = await cost("--prices", file);
      expect(code).toBe(1);
      expect(err).toContain("hint: Copy platform/src/cost/prices.json");
    }
  });
});
