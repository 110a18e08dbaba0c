import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { isMainThread, threadName } from "node:worker_threads";

/**
 * Loaded before the platform, in each of its threads: a clock that somebody else sets while it runs (milliseconds ahead,
 * in the file `C360_TEST_CLOCK`), and threads that crash (`C360_TEST_CRASH`: name, milliseconds after its start, how
 * often, a file that notes each time).
 */
const pollMs = 10;

const clockFile = process.env["C360_TEST_CLOCK"];
if (clockFile !== undefined) {
  const now = Date.now;
  const Real = Date;
  let aheadMs = 0;
  const look = (): void => {
    const told = existsSync(clockFile) ? Number(readFileSync(clockFile, "utf8")) : 0;
    if (Number.isFinite(told)) aheadMs = told;
  };
  look();
  setInterval(look, pollMs).unref();
  globalThis.Date = new Proxy(Real, {
    construct: (target, args: [], newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now() + aheadMs] : args, newTarget) as object,
    apply: () => new Real(now() + aheadMs).toString(),
  });
  Real.now = () => now() + aheadMs;
}

const crash = process.env["C360_TEST_CRASH"];
if (crash !== undefined && !isMainThread) {
  const [name, afterMs, times, marks] = JSON.parse(crash) as [string, number, number, string];
  const before = existsSync(marks) ? readFileSync(marks, "utf8").length : 0;
  if (threadName === name && before < times) {
    setTimeout(() => {
      appendFileSync(marks, "x");
      throw new Error("a crash that a test asked for");
    }, afterMs).unref();
  }
}
