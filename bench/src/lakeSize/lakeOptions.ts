import { parseArgs } from "node:util";
import { maxCustomers } from "./plan.ts";

export interface LakeOptions {
  events: number[];
  /** Null: a hundredth of the events. */
  customers: number | null;
  seconds: number;
  seed: number;
  /** Kept, and used again; null: a temporary directory that is removed. */
  directory: string | null;
  isMakingOnly: boolean;
  /** Null: bench/results/<time>-lake.json. */
  jsonFile: string | null;
}

export const lakeUsage = `npm run bench:lake -- [options]

A history of three years in the lake, made without HTTP: what dashboards ask of it, one customer's timeline, disk,
memory, and ingestion beside it.

  --events N[,N…]   stored events of each size             (default 1000000,10000000; 1e8 is a hundred million)
  --customers N     of each size                           (default a hundredth of the events)
  --seconds N       of sending beside them; 0: none        (default 25)
  --seed N          another seed is another shop           (default 1)
  --dir DIR         where data are made, kept, and used again by a later run; without it they are removed
  --make-only       make them, and measure nothing
  --json FILE       the figures for machines               (default bench/results/<time>-lake.json)
  --help`;

/** Throws an Error that says which argument is wrong. Returns null when help is asked for. */
export function readLakeOptions(args: readonly string[]): LakeOptions | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      events: { type: "string", default: "1000000,10000000" },
      customers: { type: "string" },
      seconds: { type: "string", default: "25" },
      seed: { type: "string", default: "1" },
      dir: { type: "string" },
      "make-only": { type: "boolean", default: false },
      json: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return null;
  if (values["make-only"] && values.dir === undefined) {
    throw new Error("--make-only: without --dir what is made would be removed again");
  }
  return {
    events: values.events.split(",").map((text) => whole("--events", text, 2, 1e9)),
    customers: values.customers === undefined ? null : whole("--customers", values.customers, 1, maxCustomers),
    seconds: whole("--seconds", values.seconds, 0, 3_600),
    seed: whole("--seed", values.seed, 0, 2 ** 31),
    directory: values.dir ?? null,
    isMakingOnly: values["make-only"],
    jsonFile: values.json ?? null,
  };
}

/** `1e8` too. */
function whole(name: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (/^\d+(e\d)?$/.test(text) && Number.isSafeInteger(number) && number >= least && number <= most) return number;
  throw new Error(`${name}: "${text}" is not a whole number from ${least} to ${most}`);
}
