import type { Command } from "commander";
import type { WantedCorrections } from "../api/correctionViews.ts";
import { correct, listCorrections, withdraw, type CorrectionFlags } from "./corrections.ts";
import type { Connection, ConnectionFlags } from "./connection.ts";
import type { Output } from "./output.ts";

type ReachingFlags = ConnectionFlags & { json?: boolean };
type Verb = (connection: Connection, output: Output) => Promise<number>;

/** How `program` makes a verb that reaches the platform. */
export interface Reaching {
  reaching: (command: Command) => Command;
  withExamples: (command: Command, ...examples: string[]) => Command;
  run: (flags: ReachingFlags, verb: Verb) => Promise<void>;
  wholeNumber: (least: number, most: number) => (text: string) => number;
}

const kinds = {
  merge: "say that two identifiers' people are one",
  unmerge: "take back what was said to make two one",
  apart: "keep two identifiers apart, whatever evidence there is or will be",
} as const;

/** merge, unmerge, apart, corrections, withdraw. */
export function addCorrections(root: Command, { reaching, withExamples, run, wholeNumber }: Reaching): void {
  for (const kind of ["merge", "unmerge", "apart"] as const) {
    const command = reaching(root.command(kind))
      .arguments("<a> <b>")
      .description(kinds[kind])
      .option("--reason <text>", "why, kept for ever beside who and when")
      .option("--preview", "only show who would be who")
      .action(async (a: string, b: string, flags: ReachingFlags & CorrectionFlags) => {
        const wanted: WantedCorrections = { [kind]: { a, b } };
        await run(flags, (connection, output) => correct(connection, output, wanted, flags));
      });
    withExamples(
      command,
      `c360 ${kind} user_id:ada email:ada@example.com --preview`,
      `c360 ${kind} user_id:ada email:ada@example.com --reason "she called"`,
    );
  }
  const list = reaching(root.command("corrections"))
    .description("what people said of who is who: by whom, when, why, and whether it holds")
    .option("--limit <count>", "at most so many, newest first", wholeNumber(1, 1_000), 50)
    .action(async (flags: ReachingFlags & { limit: number }) => {
      await run(flags, (connection, output) => listCorrections(connection, output, flags));
    });
  withExamples(list, "c360 corrections", "c360 corrections --json --limit 1000");
  const back = reaching(root.command("withdraw"))
    .argument("<id>", "from c360 corrections")
    .description("take a correction back: people are as if it had never been said")
    .option("--reason <text>", "why")
    .action(async (id: string, flags: ReachingFlags & CorrectionFlags) => {
      await run(flags, (connection, output) => withdraw(connection, output, id, flags));
    });
  withExamples(back, `c360 withdraw c_… --reason "the wrong Ada"`);
}
