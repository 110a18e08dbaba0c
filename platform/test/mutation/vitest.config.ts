import { join } from "node:path";
import { defineConfig, type Plugin } from "vitest/config";
import { mutations } from "./mutations.ts";

/** The resolver's tests with the fault of that number in it (none without a number), in memory: no file is touched. */
const mutation = mutations[Number(process.env["C360_MUTATION"] ?? -1)];
const root = join(import.meta.dirname, "../..");

const mutate: Plugin = {
  name: "mutation",
  enforce: "pre",
  transform: (code, id) =>
    mutation !== undefined && id.split("?")[0] === join(root, "src", mutation.file)
      ? code.replace(mutation.from, () => mutation.to)
      : null,
};

export default defineConfig({
  root,
  plugins: [mutate],
  test: {
    include: [...new Set(mutation === undefined ? mutations.flatMap(({ tests }) => tests) : mutation.tests)].map(
      (test) => `src/${test}`,
    ),
    setupFiles: [join(import.meta.dirname, "stopAtOnce.ts")],
    // What only watches the clock finds no fault, and fails on a busy machine.
    testNamePattern: /^(?!.*take seconds at most)/,
    testTimeout: 120_000,
    isolate: false,
    maxWorkers: 1,
  },
});
