import type { Reporter, TestCase, Vitest } from "vitest/node";

/**
 * Ends a run with what was skipped and why, and with one plain line of totals that scripts can read:
 * `tests: 512 passed, 0 failed, 3 skipped`. In CI (`CI=true`) everything is there that tests need, so nothing may be
 * skipped: a skipped test fails the run, and so does a run without tests.
 */
export function skipReporter(isCi: boolean): Reporter {
  let vitest: Vitest | undefined;
  return {
    onInit(running) {
      vitest = running;
    },
    onTestRunEnd(modules, errors) {
      const tests = modules.flatMap((module) => [...module.children.allTests()]);
      const skipped = tests.filter((test) => test.result().state === "skipped");
      const passed = tests.filter((test) => test.result().state === "passed").length;
      // A file or hook that fails, or an error outside of a test, is a failure that no test shows.
      const broken = modules.filter((module) => module.errors().length > 0).length + errors.length;
      const failed = tests.length - skipped.length - passed + broken;
      // With `-t` all other tests are skipped because somebody asked for it.
      const isNarrowed = vitest?.getGlobalTestNamePattern() !== undefined;
      if (!isNarrowed) for (const test of skipped) console.log(line(test));
      if (isCi && skipped.length > 0) console.log("Nothing may be skipped in CI: see why above.");
      if (isCi && passed === 0) console.log("No test passed: a run that tests nothing proves nothing.");
      if (isCi && (skipped.length > 0 || passed === 0)) process.exitCode = 1;
      console.log(`tests: ${passed} passed, ${failed} failed, ${skipped.length} skipped`);
    },
  };
}

/** The reason is what the test gave to `context.skip(reason)`; a `skipIf` has no place for it but the name. */
function line(test: TestCase): string {
  const result = test.result();
  const note = result.state === "skipped" ? result.note : undefined;
  return `skipped: ${test.module.relativeModuleId}: ${test.fullName}${note === undefined ? "" : `: ${note}`}`;
}
