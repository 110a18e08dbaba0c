import type { LoadJob } from "./loadJob.ts";
import { sendLoad } from "./sendLoad.ts";

/**
 * The load generator, a process of its own: what it costs must not delay the measuring process's clocks. Takes one job
 * over IPC, answers with its result, and ends.
 */
process.once("message", (job: LoadJob) => {
  sendLoad(job).then(
    (result) => process.send?.({ result }, () => process.disconnect()),
    (error: unknown) => process.send?.({ failed: String(error) }, () => process.disconnect()),
  );
});
