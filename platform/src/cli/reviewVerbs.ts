import type { Command } from "commander";
import type { ConnectionFlags } from "./connection.ts";
import type { Reaching } from "./correctionVerbs.ts";
import { answerReview, listLinkages, listReviews, showReview, unlink } from "./reviews.ts";

type ReviewFlags = ReachingFlags & { reason?: string; basis?: string };
type ReachingFlags = ConnectionFlags & { json?: boolean };

/** reviews, review, linkages, unlink. */
export function addReviews(root: Command, { reaching, withExamples, run, wholeNumber }: Reaching): void {
  const list = reaching(root.command("reviews"))
    .description("pairs of profiles that may be one person's, the most probable first")
    .option("--limit <count>", "at most so many", wholeNumber(1, 1_000), 20)
    .action(async (flags: ReachingFlags & { limit: number }) => {
      await run(flags, (connection, output) => listReviews(connection, output, flags.limit));
    });
  withExamples(list, "c360 reviews", "c360 reviews --json --limit 1000");

  const answer = reaching(root.command("review"))
    .argument("<pair>", "of the list")
    .argument("[answer]", "same, different, skip or undo; without it the pair is shown")
    .description("look at a pair, or decide it")
    .option("--reason <text>", "why, in place of the usual one")
    .option("--basis <basis>", "of the pair as it was shown: where it has changed since, nothing is said")
    .action(async (id: string, given: string | undefined, flags: ReviewFlags) => {
      const { reason, basis } = flags;
      if (given === undefined) return run(flags, (connection, output) => showReview(connection, output, id));
      const more = { ...(reason === undefined ? {} : { reason }), ...(basis === undefined ? {} : { basis }) };
      return run(flags, (connection, output) => answerReview(connection, output, { id, answer: given, ...more }));
    });
  withExamples(
    answer,
    "c360 review PAIR",
    "c360 review PAIR same --basis …",
    `c360 review PAIR different --reason "father and son"`,
    "c360 review PAIR undo",
  );

  const runs = reaching(root.command("linkages"))
    .argument("[run]", "one of them: what it linked")
    .description("linkages of all profiles, newest first")
    .option("--limit <count>", "at most so many", wholeNumber(1, 1_000), 20)
    .action(async (of: string | undefined, flags: ReachingFlags & { limit: number }) => {
      const wanted = { limit: flags.limit, ...(of === undefined ? {} : { run: of }) };
      await run(flags, (connection, output) => listLinkages(connection, output, wanted));
    });
  withExamples(runs, "c360 linkages", "c360 linkages lr_… --limit 1000");

  const back = reaching(root.command("unlink"))
    .argument("<id>", "a linkage, or one link of it")
    .description("take back what a linkage joined: people are as if it had never been")
    .option("--reason <text>", "why")
    .action(async (id: string, flags: ReachingFlags & { reason?: string }) => {
      const { reason } = flags;
      const wanted = { id, ...(reason === undefined ? {} : { reason }) };
      await run(flags, (connection, output) => unlink(connection, output, wanted));
    });
  withExamples(back, `c360 unlink lr_… --reason "the model was wrong"`, `c360 unlink l_… --reason "two cousins"`);
}
