import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./platform/test/longestFirst.ts";
import { filesInMemory } from "./platform/test/memoryFolder.ts";
import { skipReporter } from "./platform/test/skipReporter.ts";

/** Tests against what stands in for AWS: platform/test/aws/vitest.config.ts. */
const aws = "**/*.aws.test.ts";
/** Tests that need more than this process: a browser, real child processes, the data sets beside the checkout. */
const whole = ["**/*.browser.test.ts", "**/*.process.test.ts", "**/*.data.test.ts"];
/** Of those, what tries whether something is on the disk when it is said to be has its files there. */
const onDisk = [
  "platform/src/adapters/embedded/eventLog/eventLog.process.test.ts",
  "platform/test/whole/faults.process.test.ts",
  "platform/test/whole/kill.process.test.ts",
];
/** What measures time has the machine for itself. */
const timed = [
  "platform/test/whole/consoleBudgets.browser.test.ts",
  "platform/test/whole/streamBudgets.process.test.ts",
];
/**
 * The command line's (platform/bin/c360.js): threads that a test starts in this process load the platform's sources as
 * fast as those of a server do.
 */
const env = { NODE_COMPILE_CACHE: join(import.meta.dirname, "node_modules/.cache/c360") };
/**
 * Of a machine with two processors. Who waits for a process that starts, recovers or writes to a disk leaves them to
 * others: with two workers half of their time was nobody's, with three an eighth, with four a seventh.
 */
const workers = 3;
const inMemory = { ...env, ...filesInMemory() };
const browserSetup = "platform/test/whole/browserSetup.ts";
const memorySetup = "platform/test/memoryFolder.ts";
const bundleSetup = "platform/test/bundleSetup.ts";
const wholeOptions = {
  testTimeout: 600_000,
  hookTimeout: 120_000,
  // Where a time is promised, its test says it; a page is drawn late on a machine that does other things too.
  expect: { poll: { timeout: 15_000 } },
};
/** With the unit tests: all workers, until the last file. */
const together = { maxWorkers: workers, maxConcurrency: 2, sequence: { groupOrder: 0 } };

export default defineConfig({
  test: {
    reporters: ["default", skipReporter(process.env["CI"] === "true")],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: "unit",
          env: inMemory,
          globalSetup: [memorySetup],
          include: [
            "platform/**/*.test.ts",
            "bench/**/*.test.ts",
            "docs/**/*.test.ts",
            "console/{src,scripts}/**/*.test.ts",
            "infra/src/**/*.test.ts",
          ],
          exclude: [...whole, aws, "**/node_modules/**"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // No test changes what others of its process see (there is no global state), and importing everything anew
          // for each file took a third of the time.
          isolate: false,
          maxWorkers: workers,
        },
      },
      {
        test: {
          name: "whole",
          include: whole,
          exclude: [...timed, ...onDisk, "**/node_modules/**"],
          ...wholeOptions,
          ...together,
          env: inMemory,
          globalSetup: [memorySetup, browserSetup, bundleSetup],
        },
      },
      {
        test: {
          name: "disk",
          include: onDisk,
          exclude: ["**/node_modules/**"],
          ...wholeOptions,
          ...together,
          env,
          globalSetup: [bundleSetup],
        },
      },
      {
        test: {
          name: "timed",
          include: timed,
          exclude: ["**/node_modules/**"],
          ...wholeOptions,
          env,
          globalSetup: [browserSetup, bundleSetup],
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
