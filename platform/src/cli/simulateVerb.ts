import type { Command } from "commander";
import { maxCustomers, maxDays } from "../simulator/limits.ts";
import type { DemoFlags } from "./demo.ts";
import { defaultDemoDir } from "./demoDir.ts";
import type { CliIo } from "./io.ts";
import { outputTo } from "./output.ts";
import type { SimulateFlags } from "./simulate.ts";
import { keyOption } from "./simulatePlan.ts";

const maxSeed = 999_999_999;
/** The same people for everybody who starts the demo on the same day. */
const demoSeed = 360;
const maxEventsPerS = 1_000_000;

/** Adds `c360 simulate` to a command that already knows how to reach the platform. */
export function describeSimulate(
  command: Command,
  io: CliIo,
  exit: (code: number) => void,
  wholeNumber: (least: number, most: number) => (text: string) => number,
): Command {
  return command
    .description("a made-up retailer's customers, in all seven kinds of source, the same for the same seed")
    .option("--customers <count>", "how many people", wholeNumber(1, maxCustomers), 1_000)
    .option("--seed <number>", "another number, other people", wholeNumber(0, maxSeed), 1)
    .option("--days <count>", "length of the history", wholeNumber(1, maxDays))
    .option("--months <count>", "length of the history; 12 by default", wholeNumber(1, 120))
    .option("--end <date>", "the day after the history's last, YYYY-MM-DD; today (UTC) by default")
    .option(
      "--rate <events>",
      "at most so many events a second; with --live the history comes faster",
      wholeNumber(1, maxEventsPerS),
    )
    .option("--live", "then go on in real time until Ctrl-C, 10 events a second or --rate")
    .option("--bad-calls", "now and then a call that is refused, as real systems send them")
    .option("--truth <file>", "write who is who: person,identifier_type,identifier_value")
    .option("--out <file>", "write NDJSON for `c360 send` in place of sending; - is standard output")
    .option("--key <source=key>", "the write key of a source that is there; may be given seven times", keyOption)
    .option("--rotate-keys", "make new write keys for the sources that are there")
    .action(async (flags: SimulateFlags & { json?: boolean }) => {
      const { simulate } = await import("./simulate.ts");
      exit(await simulate(io, outputTo(io, { json: flags.json === true }), flags));
    });
}

/** Adds `c360 demo`. */
export function describeDemo(
  command: Command,
  io: CliIo,
  exit: (code: number) => void,
  wholeNumber: (least: number, most: number) => (text: string) => number,
): Command {
  return command
    .description("the platform with a made-up retailer: months of history, then live events; Ctrl-C stops it")
    .option("--customers <count>", "how many people", wholeNumber(1, maxCustomers), 2_000)
    .option("--seed <number>", "another number, other people", wholeNumber(0, maxSeed), demoSeed)
    .option("--months <count>", "length of the history", wholeNumber(1, 120), 6)
    .option("--rate <events>", "live events a second", wholeNumber(1, maxEventsPerS), 10)
    .option("--port <port>", "where to listen (C360_PORT, 3600)")
    .option("--host <host>", "on which address (C360_HOST, 127.0.0.1)")
    .option("--data-dir <dir>", `where everything is kept (${defaultDemoDir})`)
    .option("--no-open", "do not open the browser")
    .action(async (flags: DemoFlags) => {
      const { demo } = await import("./demo.ts");
      exit(await demo(io, outputTo(io, { json: false }), flags));
    });
}
