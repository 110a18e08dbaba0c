import { join } from "node:path";
import { defineConfig, type Plugin, type TestProjectInlineConfiguration } from "vitest/config";
import { type Mutation, mutations, nothingChanged } from "./mutations.ts";

const root = join(import.meta.dirname, "../..");

/** The source with the fault in it, in memory: no file is touched. */
const withFault = ({ file, from, to }: Mutation): Plugin => ({
  name: "mutation",
  enforce: "pre",
  transform: (code, id) => (id.split("?")[0] === join(root, "src", file) ? code.replace(from, () => to) : null),
});

/** The resolver's tests, those that `name` is about, with what `plugins` make of the source. */
function project(
  name: string,
  tests: readonly string[],
  plugins: Plugin[],
  env: Record<string, string> = {},
): TestProjectInlineConfiguration {
  return {
    root,
    plugins,
    test: {
      name,
      env,
      include: tests.map((test) => `src/${test}`),
      setupFiles: [join(import.meta.dirname, "stopAtOnce.ts")],
      testTimeout: 120_000,
      pool: "threads",
      isolate: false,
      maxWorkers: 1,
    },
  };
}

const allTests = [...new Set(mutations.flatMap(({ tests }) => tests))];

/** What a fault breaks may show in one of a hundred tries; the first ends them. */
const many = { C360_PROPERTY_RUNS: "many" };

export default defineConfig({
  root,
  test: {
    maxWorkers: 1,
    projects: [
      // Unchanged they run in full among all other tests; here it is to be seen that this way of running them breaks none.
      project(nothingChanged, allTests, [], { C360_PROPERTY_RUNS: "quick" }),
      ...mutations.map((mutation) => project(mutation.name, mutation.tests, [withFault(mutation)], many)),
    ],
  },
});
