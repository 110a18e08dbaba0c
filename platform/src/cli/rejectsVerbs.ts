import type { Command } from "commander";
import type { ConnectionFlags } from "./connection.ts";
import type { Reaching } from "./correctionVerbs.ts";
import type { CliIo } from "./io.ts";
import { listRejects, replayRejects, resumeReplay, type RejectsFlags, type ReplayFlags } from "./rejects.ts";

type ReachingFlags = ConnectionFlags & { json?: boolean };

/** rejects, replay. */
export function addRejects(root: Command, io: CliIo, { reaching, withExamples, run, wholeNumber }: Reaching): void {
  const rejects = reaching(root.command("rejects"))
    .description("what calls are refused for, and how many are still to be mended")
    .option("--source <id>", "only of this source")
    .option("--all", "those of which nothing is left to be mended, too")
    .option("--limit <count>", "at most so many, most to mend first", wholeNumber(1, 1_000), 50)
    .action(async (flags: ReachingFlags & RejectsFlags) => {
      await run(flags, (connection, output) => listRejects(connection, output, flags));
    });
  withExamples(rejects, "c360 rejects", "c360 rejects --source kiosk --all");
  const replay = reaching(root.command("replay"))
    .argument("[cause]", "all that is to be mended of it, by its id")
    .description("send refused calls again, each at most once; or see first what would come of it")
    .option("--with <file>", "the transformation (JSON) that mends them; as they were, without it")
    .option("--dry-run", "only count and show what would come of it")
    .option("--source <id>", "with --message")
    .option("--message <id...>", "only these messages of the source")
    .option("--resume <replay>", "go on with one that was stopped or failed, by its id")
    .action(async (cause: string | undefined, flags: ReachingFlags & ReplayFlags & { resume?: string }) => {
      const { resume } = flags;
      await run(flags, (connection, output) =>
        resume === undefined
          ? replayRejects(connection, output, { cause, flags, io })
          : resumeReplay(connection, output, resume, io),
      );
    });
  withExamples(
    replay,
    "c360 replay rc_k3Zt0bqW9yJx1LfA --with mend.json --dry-run",
    "c360 replay rc_k3Zt0bqW9yJx1LfA --with mend.json",
    "c360 replay --source kiosk --message k-1 k-2",
  );
}
