import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createVitest, type TestSpecification } from "vitest/node";
import { mutations, type Tried } from "./mutations.ts";

/** Runs the resolver's tests with each fault in turn, all in this process, and writes what came of it to a file. */
async function tryAll(file: string): Promise<void> {
  const config = join(import.meta.dirname, "vitest.config.ts");
  const vitest = await createVitest("test", { config, watch: false, reporters: [{}] });
  try {
    const found = await vitest.globTestSpecifications();
    const { testModules } = await vitest.runTestSpecifications(found.map(whatCounts));
    const tried: Tried[] = testModules.map((module) => {
      const tests = [...module.children.allTests()];
      const namesOf = (state: string): string[] =>
        tests.filter((test) => test.result().state === state).map(({ fullName }) => fullName);
      const errors = module.errors().map(({ message }) => message);
      return { mutation: module.project.name, passed: namesOf("passed"), failed: [...errors, ...namesOf("failed")] };
    });
    writeFileSync(file, JSON.stringify(tried));
  } finally {
    await vitest.close();
  }
}

/**
 * Of a mutation the tests that are to find it: another's failure says nothing. What only watches the clock finds no
 * fault, and fails on a busy machine.
 */
function whatCounts({ project, moduleId }: TestSpecification): TestSpecification {
  const breaks = mutations.find(({ name }) => name === project.name)?.breaks;
  const which = breaks === undefined ? "" : String.raw`.*Identity propert(?:y|ies) (?:\d+, )*(?:${breaks.join("|")})\b`;
  return project.createSpecification(moduleId, { testNamePattern: new RegExp(`^(?!.*take seconds at most)${which}`) });
}

await tryAll(process.argv[2] ?? "");
// Tests that fail are what is wanted.
process.exitCode = 0;
