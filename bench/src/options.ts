import { parseArgs } from "node:util";

export const phases = ["load", "half", "single", "reads", "follow", "start", "search"] as const;
export type Phase = (typeof phases)[number];

export interface Options {
  profiles: number[];
  /** The largest size is measured again once this many events have been processed; 0: it is not. */
  afterEvents: number;
  seconds: number;
  seed: number;
  phases: Phase[];
  /** Null: bench/results/<time>.json. */
  jsonFile: string | null;
  /** Where the server's data goes; null: the system's temporary directory. */
  directory: string | null;
  cpuProfileDir: string | null;
}

export const usage = `npm run bench -- [options]

  --profiles N[,N…]     customers of each size                     (default 100000,1000000)
  --after-events N      again after N events at the largest size   (default 10000000; 0: not)
  --seconds N           of sending in each phase                   (default 30)
  --quick               20000 customers, 10 s, not again: under two minutes
  --phases A[,B…]       of load, half, single, reads, follow, start, search   (default all)
  --seed N              another seed is another shop               (default 1)
  --dir DIR             where the server's data goes, and is removed again
  --json FILE           the figures for machines                   (default bench/results/<time>.json)
  --cpu-profile DIR     profile each thread of the server during the load and print its hot spots; slower
  --help

The index that knows repeated messages, alone: npm run dedupe --workspace bench -- --help`;

/** Throws an Error that says which argument is wrong. Returns null when help is asked for. */
export function readOptions(args: readonly string[]): Options | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      profiles: { type: "string" },
      "after-events": { type: "string" },
      seconds: { type: "string" },
      quick: { type: "boolean" },
      phases: { type: "string" },
      seed: { type: "string" },
      dir: { type: "string" },
      json: { type: "string" },
      "cpu-profile": { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) return null;
  const isQuick = values.quick === true;
  return {
    profiles: (values.profiles ?? (isQuick ? "20000" : "100000,1000000"))
      .split(",")
      .map((text) => whole("--profiles", text, 1)),
    afterEvents: whole("--after-events", values["after-events"] ?? (isQuick ? "0" : "10000000"), 0),
    seconds: whole("--seconds", values.seconds ?? (isQuick ? "10" : "30"), 1),
    seed: whole("--seed", values.seed ?? "1", 0),
    phases: (values.phases ?? phases.join(",")).split(",").map(phaseOf),
    jsonFile: values.json ?? null,
    directory: values.dir ?? null,
    cpuProfileDir: values["cpu-profile"] ?? null,
  };
}

function phaseOf(text: string): Phase {
  const phase = phases.find((known) => known === text);
  if (phase === undefined) throw new Error(`--phases: "${text}" is none of ${phases.join(", ")}`);
  return phase;
}

function whole(name: string, text: string, least: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number >= least) return number;
  throw new Error(`${name}: "${text}" is not a whole number of at least ${least}`);
}
