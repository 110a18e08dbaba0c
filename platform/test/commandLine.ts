import { parseArgs } from "node:util";

/** Whoever called a program of the tests has something to change: one line that says what. */
export class WrongArgument extends Error {}

const wrongArgumentCode = 2;
/** Node names what it does not know, then explains itself. */
const firstSentence = /^.*?'[^']*'[^.]*/;

export interface Options {
  /** Null where it is not given. */
  text(name: string): string | null;
  number(name: string): number | null;
  has(name: string): boolean;
}

export interface Known {
  texts?: readonly string[];
  /** Whole numbers, with the least that each takes. */
  numbers?: Readonly<Record<string, number>>;
  flags?: readonly string[];
}

/** Options of a command line, as `--name value`. Throws {@link WrongArgument}. */
export function optionsOf(args: readonly string[], { texts = [], numbers = {}, flags = [] }: Known): Options {
  const values = parsed(args, [...texts, ...Object.keys(numbers)], flags);
  const numberOf = (name: string): number | null => {
    const value = values[name];
    if (typeof value !== "string") return null;
    const least = numbers[name] ?? 0;
    if (/^\d{1,10}$/.test(value) && Number(value) >= least) return Number(value);
    throw new WrongArgument(`--${name} takes whole numbers from ${least} on, not "${value}"`);
  };
  // What is wrong is told before anything is begun.
  for (const name of Object.keys(numbers)) numberOf(name);
  return {
    text: (name) => {
      const value = values[name];
      return typeof value === "string" ? value : null;
    },
    number: numberOf,
    has: (name) => values[name] === true,
  };
}

function parsed(args: readonly string[], valued: readonly string[], flags: readonly string[]): Record<string, unknown> {
  const options = Object.fromEntries([
    ...valued.map((name) => [name, { type: "string" as const }] as const),
    ...flags.map((name) => [name, { type: "boolean" as const }] as const),
  ]);
  try {
    return { ...parseArgs({ args: [...args], options }).values };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new WrongArgument(firstSentence.exec(message)?.[0] ?? message);
  }
}

/**
 * Runs a program of the tests with what it was called with. `--help` prints its usage. A wrong argument is told in one
 * line on standard error and by exit code 2; a stack trace is left to what nobody foresaw.
 */
export async function runProgram(
  usage: string,
  known: Known,
  main: (options: Options) => Promise<void>,
): Promise<void> {
  const args = process.argv.slice(2);
  if (args.includes("--help")) {
    process.stdout.write(`${usage}\n`);
    return;
  }
  try {
    await main(optionsOf(args, known));
  } catch (error) {
    if (!(error instanceof WrongArgument)) throw error;
    process.stderr.write(`error: ${error.message}; --help tells what there is\n`);
    process.exitCode = wrongArgumentCode;
  }
}
