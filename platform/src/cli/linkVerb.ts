import type { Command } from "commander";
import type { Connection, ConnectionFlags } from "./connection.ts";
import type { CliIo } from "./io.ts";
import type { LinkFlags } from "./link.ts";
import { linkProfiles, type LinkProfilesFlags } from "./linkProfiles.ts";
import { type Output, outputTo } from "./output.ts";
import { wrongUsage } from "./usage.ts";

type Flags = Omit<LinkFlags, "id"> &
  LinkProfilesFlags &
  ConnectionFlags & { id?: string; profiles?: boolean; json?: boolean };

export interface LinkVerbParts {
  io: CliIo;
  exit: (code: number) => void;
  /** Runs a verb on a connection to the platform. */
  connected: (flags: Flags, verb: (connection: Connection, output: Output) => Promise<number>) => Promise<number>;
}

/** Adds `c360 link`. */
export function describeLink(command: Command, { io, exit, connected }: LinkVerbParts): Command {
  const several = (value: string, before: string[]): string[] => [...before, value];
  return command
    .arguments("[left] [right]")
    .description("who is who by probability: in one or two tables (CSV, Parquet, NDJSON), or among the profiles")
    .option("--id <column>", "the column that names each record")
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
    .option("--temp-dir <dir>", "where what does not fit in memory goes meanwhile (beside the results)")
    .option("--profiles", "link the platform's own profiles; what is probable waits for review")
    .option(
      "--automatic-from <probability>",
      "with --profiles: join pairs at least so probable (C360_LINK_AUTOMATIC_FROM, off)",
    )
    .option("--json", "answer in JSON")
    .option("--url <url>", "with --profiles: a running server (C360_URL)")
    .option("--token <token>", "API token for it (C360_API_TOKEN)")
    .option("--data-dir <dir>", "the data directory, when there is no --url (C360_DATA_DIR)")
    .action(async (left: string | undefined, right: string | undefined, flags: Flags) => {
      if (flags.profiles === true) {
        if (left !== undefined) throw wrongUsage("--profiles and a file contradict each other.", "Give one of them.");
        exit(await connected(flags, (connection, output) => linkProfiles(io, connection, output, flags)));
        return;
      }
      const { id } = flags;
      if (left === undefined)
        throw wrongUsage("There is nothing to link.", "Name a file and --id COLUMN, or --profiles.");
      if (id === undefined) throw wrongUsage("Which column names each record?", "Say it: --id COLUMN.");
      const { runLink } = await import("./link.ts");
      const files = right === undefined ? [left] : [left, right];
      exit(await runLink(files, { ...flags, id }, outputTo(io, { json: flags.json === true })));
    });
}
