import fc from "fast-check";
import { afterEach, beforeEach } from "vitest";

/** That a property fails is enough; what fails it in the end takes minutes to shrink. */
fc.configureGlobal({ endOnFailure: true });

let hasFailed = false;
afterEach(({ task }) => {
  hasFailed ||= task.result?.state === "fail";
});
beforeEach((context) => {
  if (hasFailed) context.skip("a fault is found by one test as well as by many");
});
