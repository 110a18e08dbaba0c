import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The ends of their paths: of what needs more than its process, and of unit tests. */
const longest = [
  "whole/consoleStates.browser.test.ts",
  "whole/backup.process.test.ts",
  "whole/kill.process.test.ts",
  "whole/plans.browser.test.ts",
  "whole/customers.browser.test.ts",
  "whole/retention.process.test.ts",
  "docs/commands.process.test.ts",
  "whole/consoleFocus.browser.test.ts",
  "whole/rules.browser.test.ts",
  "whole/consoleAccess.browser.test.ts",
  "runtime/linkFiles.data.test.ts",
  "whole/faults.process.test.ts",
  "whole/mutation.process.test.ts",
  "whole/everyWrite.process.test.ts",
  "bench/src/main.process.test.ts",
  "whole/overload.process.test.ts",
];
const longestUnits = [
  "runtime/linkFiles.test.ts",
  "runtime/linkProfiles.test.ts",
  "reviewing/reviewing.test.ts",
  "analytics/follower.test.ts",
  "reviews/reviews.test.ts",
  "gateway/refusals.test.ts",
];

/**
 * What takes longest begins first and the unit tests come last: a long file that began at the end would run on by itself
 * while the other workers have nothing to do.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((one, other) => rankOf(one) - rankOf(other));
  }
}

function rankOf({ moduleId, project }: TestSpecification): number {
  const isUnit = project.name === "unit";
  const known = isUnit ? longestUnits : longest;
  const at = known.findIndex((end) => moduleId.endsWith(end));
  return (isUnit ? longest.length + 1 : 0) + (at === -1 ? known.length : at);
}
