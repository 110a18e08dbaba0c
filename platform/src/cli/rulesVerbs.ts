import type { Command } from "commander";
import type { ConnectionFlags } from "./connection.ts";
import type { Reaching } from "./correctionVerbs.ts";
import type { CliIo } from "./io.ts";
import { listRules, previewRules, publishRules, showRules, type PublishFlags } from "./rules.ts";

type ReachingFlags = ConnectionFlags & { json?: boolean };
const maxVersion = 1_000_000_000 - 1;

/** rules show, versions, preview, publish. */
export function addRules(root: Command, io: CliIo, { reaching, withExamples, run, wholeNumber }: Reaching): void {
  const rules = root.command("rules").description("the rules of who is who: a document with versions");
  const show = reaching(rules.command("show", { isDefault: true }))
    .argument("[version]", "its number; the one that holds, if left out", wholeNumber(1, maxVersion))
    .description("the document, to be kept in a file and changed")
    .action(async (version: number | undefined, flags: ReachingFlags) => {
      await run(flags, (connection, output) => showRules(connection, output, version));
    });
  withExamples(show, "c360 rules show > rules.json", "c360 rules show 1");
  const versions = reaching(rules.command("versions"))
    .description("every version that was published: by whom, when, why")
    .option("--limit <count>", "at most so many, newest first", wholeNumber(1, 1_000), 50)
    .action(async (flags: ReachingFlags & { limit: number }) => {
      await run(flags, (connection, output) => listRules(connection, output, flags.limit));
    });
  withExamples(versions, "c360 rules versions");
  const preview = reaching(rules.command("preview"))
    .argument("<file>", "the document (JSON)")
    .description("who would be who by other rules: counted over everybody, nothing is changed")
    .action(async (file: string, flags: ReachingFlags) => {
      await run(flags, (connection, output) => previewRules(connection, output, file, io));
    });
  withExamples(preview, "c360 rules preview rules.json");
  const publish = reaching(rules.command("publish"))
    .argument("<file>", "the document (JSON)")
    .description("make it hold, for everything that was ever sent and will be")
    .option("--reason <text>", "why, kept for ever beside who and when")
    .option("--based-on <version>", "refuse if another one holds by now", wholeNumber(1, maxVersion))
    .action(async (file: string, flags: ReachingFlags & PublishFlags) => {
      await run(flags, (connection, output) => publishRules(connection, output, file, flags));
    });
  withExamples(publish, `c360 rules publish rules.json --reason "families share e-mails"`);
}
