import { defineConfig } from "vitest/config";
import { skipReporter } from "./platform/test/skipReporter.ts";

/** Tests that need more than this process: a browser, real child processes, the data sets beside the checkout. */
const whole = ["**/*.browser.test.ts", "**/*.process.test.ts", "**/*.data.test.ts"];
/** Of those, what watches the clock has the machine for itself. */
const timed = ["**/*.browser.test.ts", "platform/test/whole/stream.process.test.ts"];
const timeouts = { testTimeout: 600_000, hookTimeout: 120_000 };

export default defineConfig({
  test: {
    reporters: ["default", skipReporter(process.env["CI"] === "true")],
    projects: [
      {
        test: {
          name: "unit",
          include: [
            "platform/**/*.test.ts",
            "bench/**/*.test.ts",
            "docs/**/*.test.ts",
            "console/{src,scripts}/**/*.test.ts",
          ],
          exclude: [...whole, "**/node_modules/**"],
          testTimeout: 60_000,
          // No test changes what others of its process see (there is no global state), and importing everything anew
          // for each file took a third of the time.
          isolate: false,
        },
      },
      {
        test: {
          name: "whole",
          include: whole,
          exclude: [...timed, "**/node_modules/**"],
          ...timeouts,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "timed",
          include: timed,
          exclude: ["**/node_modules/**"],
          ...timeouts,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
