import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The ends of their paths. */
const longest = [
  "whole/backup.process.test.ts",
  "docs/commands.process.test.ts",
  "whole/kill.process.test.ts",
  "whole/faults.process.test.ts",
  "whole/mutation.process.test.ts",
  "whole/consoleStates.browser.test.ts",
  "whole/customers.browser.test.ts",
  "whole/rules.browser.test.ts",
  "whole/overload.process.test.ts",
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
  const at = longest.findIndex((end) => moduleId.endsWith(end));
  if (at !== -1) return at;
  return project.name === "unit" ? longest.length + 1 : longest.length;
}
