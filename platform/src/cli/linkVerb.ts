import type { Command } from "commander";
import type { CliIo } from "./io.ts";
import type { LinkFlags } from "./link.ts";
import { outputTo } from "./output.ts";

/** Adds `c360 link`. */
export function describeLink(command: Command, io: CliIo, exit: (code: number) => void): Command {
  const several = (value: string, before: string[]): string[] => [...before, value];
  return command
    .arguments("<left> [right]")
    .description("who is who in one or two tables (CSV, Parquet, NDJSON), by probability")
    .requiredOption("--id <column>", "the column that names each record")
    .option("--right-id <column>", "the same in the second table, where it is called otherwise")
    .option("--out <file>", "write the clusters: table,record_id,cluster_id, a line for every record")
    .option("--pairs <file>", "write all compared pairs with their probability")
    .option("--waterfalls <file>", "write why each probable pair is so, one JSON object a line")
    .option(
      "--map <column=type>",
      "what a column is, in place of what is found; may be given several times",
      several,
      [],
    )
    .option("--truth <column>", "who each record really is: used to measure, and for nothing else")
    .option("--model <file>", "apply this linkage model in place of learning one")
    .option("--save-model <file>", "write the linkage model that was used")
    .option("--json", "answer in JSON")
    .action(async (left: string, right: string | undefined, flags: LinkFlags & { json?: boolean }) => {
      const { runLink } = await import("./link.ts");
      const files = right === undefined ? [left] : [left, right];
      exit(await runLink(files, flags, outputTo(io, { json: flags.json === true })));
    });
}
