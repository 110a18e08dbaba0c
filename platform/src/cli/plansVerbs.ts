import type { Command } from "commander";
import type { ConnectionFlags } from "./connection.ts";
import type { Reaching } from "./correctionVerbs.ts";
import {
  checkPlan,
  listPlanVersions,
  listViolations,
  removePlan,
  setPlan,
  showPlan,
  type CheckPlanFlags,
  type SetPlanFlags,
  type ViolationsFlags,
} from "./plans.ts";

type ReachingFlags = ConnectionFlags & { json?: boolean };
const maxVersion = 1_000_000_000 - 1;
const maxChecked = 1_000;

/** plans show, versions, set, remove, check, violations. */
export function addPlans(root: Command, { reaching, withExamples, run, wholeNumber }: Reaching): void {
  const plans = root.command("plans").description("tracking plans: what a source has promised to send");
  const number = wholeNumber(1, maxVersion);
  const show = reaching(plans.command("show"))
    .argument("<source>")
    .argument("[version]", "its number; the one that holds, if left out", number)
    .description("the plan, to be kept in a file and changed")
    .action(async (source: string, version: number | undefined, flags: ReachingFlags) => {
      await run(flags, (connection, output) => showPlan(connection, output, source, version));
    });
  withExamples(show, "c360 plans show web > plan.json", "c360 plans show web 1");
  const versions = reaching(plans.command("versions"))
    .argument("<source>")
    .description("every version that was published: by whom, when, why")
    .option("--limit <count>", "at most so many, newest first", wholeNumber(1, 1_000), 50)
    .action(async (source: string, flags: ReachingFlags & { limit: number }) => {
      await run(flags, (connection, output) => listPlanVersions(connection, output, source, flags.limit));
    });
  withExamples(versions, "c360 plans versions web");
  const set = reaching(plans.command("set"))
    .argument("<source>")
    .argument("<file>", "the plan (JSON)")
    .description("hold the source to a plan from now on")
    .option("--reason <text>", "why, kept beside who and when")
    .option("--based-on <version>", "refuse if another one holds by now; 0 for none", wholeNumber(0, maxVersion))
    .action(async (source: string, file: string, flags: ReachingFlags & SetPlanFlags) => {
      await run(flags, (connection, output) => setPlan(connection, output, { source, file }, flags));
    });
  withExamples(set, `c360 plans set web plan.json --reason "prices are numbers"`);
  const remove = reaching(plans.command("remove"))
    .argument("<source>")
    .description("hold the source to nothing from now on")
    .option("--based-on <version>", "refuse if another one holds by now", number)
    .action(async (source: string, flags: ReachingFlags & { basedOn?: number }) => {
      await run(flags, (connection, output) => removePlan(connection, output, source, flags.basedOn));
    });
  withExamples(remove, "c360 plans remove web");
  addLooking(plans, { reaching, withExamples, run, wholeNumber });
}

function addLooking(plans: Command, { reaching, withExamples, run, wholeNumber }: Reaching): void {
  const check = reaching(plans.command("check"))
    .argument("<source>")
    .description("what a plan would say of calls; nothing is published, taken or counted")
    .option("--plan <file>", "the plan (JSON); the one that holds, if left out")
    .option("--calls <file>", "calls to judge (NDJSON)")
    .option("--latest <count>", "judge so many of the latest that were taken", wholeNumber(1, maxChecked))
    .action(async (source: string, flags: ReachingFlags & CheckPlanFlags) => {
      await run(flags, (connection, output) => checkPlan(connection, output, source, flags));
    });
  withExamples(
    check,
    "c360 plans check web --plan plan.json --latest 1000",
    "c360 plans check web --calls calls.ndjson",
  );
  const violations = reaching(plans.command("violations"))
    .argument("<source>")
    .description("how calls that were taken broke the plan, counted, with the latest message of each")
    .option("--frequent", "most frequent first, in place of newest first")
    .option("--plan-version <version>", "only of this version", wholeNumber(1, maxVersion))
    .option("--limit <count>", "at most so many", wholeNumber(1, 1_000), 50)
    .action(async (source: string, flags: ReachingFlags & ViolationsFlags) => {
      await run(flags, (connection, output) => listViolations(connection, output, source, flags));
    });
  withExamples(violations, "c360 plans violations web", "c360 plans violations web --frequent --json");
}
