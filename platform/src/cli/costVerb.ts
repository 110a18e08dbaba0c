import { type Command, InvalidArgumentError } from "commander";
import type { CliIo } from "./io.ts";
import { outputTo } from "./output.ts";
import { wrongUsage } from "./usage.ts";

interface CostFlags {
  eventsPerDay: number;
  eventKb: number;
  customers: number;
  environment: string;
  stream?: string;
  lambda?: string;
  set: [string, number][];
  prices?: string;
  json?: boolean;
}

/** Adds `c360 cost`. It needs no platform. */
export function describeCost(command: Command, io: CliIo, exit: (code: number) => void): Command {
  return command
    .description("what a workload costs on AWS in a month, by service, and how to run it cheapest")
    .requiredOption("--events-per-day <count>", "events that come in a day, on average", amount(0, 1e11))
    .option("--event-kb <kb>", "KB of an event as JSON", amount(0.01, 1_000), 1)
    .option("--customers <count>", "people with a profile", amount(0, 1e10), 0)
    .option("--environment <name>", "dev (small, one zone) or prod", "prod")
    .option("--stream <mode>", "Kinesis on-demand, advantage or provisioned; the cheapest by default")
    .option("--lambda <mode>", "ingestion on-demand or provisioned (concurrency); the cheapest by default")
    .option("--set <name=number>", "change a setting or an assumption; may be given several times", setting, [])
    .option("--prices <file>", "your own price file, of the form of platform/src/cost/prices.json")
    .option("--json", "answer in JSON")
    .action(async (flags: CostFlags) => {
      const { estimateCost, environments, functionModes, readPrices, settingsOf, streamModes } =
        await import("../cost/index.ts");
      const { reportCost } = await import("./costReport.ts");
      const environment = oneOf("--environment", flags.environment, environments);
      const estimate = estimateCost(
        {
          workload: { eventsPerDay: flags.eventsPerDay, eventKb: flags.eventKb, customers: flags.customers },
          environment,
          settings: settingsOf(environment, new Map(flags.set)),
          stream: flags.stream === undefined ? undefined : oneOf("--stream", flags.stream, streamModes),
          functions: flags.lambda === undefined ? undefined : oneOf("--lambda", flags.lambda, functionModes),
        },
        readPrices(flags.prices),
      );
      reportCost(outputTo(io, { json: flags.json === true }), estimate);
      exit(0);
    });
}

function amount(least: number, most: number) {
  return (text: string): number => {
    const value = /^\d{1,12}(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Give a number from ${least} to ${most.toLocaleString("en")}, without separators.`);
  };
}

function setting(text: string, before: [string, number][]): [string, number][] {
  const [, name, value] = /^(\w{1,80})=(\d{1,12}(?:\.\d{1,6})?)$/.exec(text) ?? [];
  if (name !== undefined && value !== undefined) return [...before, [name, Number(value)]];
  throw new InvalidArgumentError("Give a name and a number: lakeMonths=12.");
}

function oneOf<Name extends string>(flag: string, text: string, names: readonly Name[]): Name {
  const found = names.find((name) => name === text);
  if (found === undefined) throw wrongUsage(`${flag} cannot be ${text.slice(0, 40)}.`, `One of: ${names.join(", ")}.`);
  return found;
}
