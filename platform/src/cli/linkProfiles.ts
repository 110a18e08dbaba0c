import type { RunView } from "../api/reviewViews.ts";
import { Problem } from "../model/problem.ts";
import type { Connection } from "./connection.ts";
import type { CliIo } from "./io.ts";
import type { Output } from "./output.ts";
import { exitCodes, wrongUsage } from "./usage.ts";

const pollMs = 500;
/** How far the whole is when a stage begins, in percent. */
const stagesBegin: Readonly<Record<string, number>> = {
  following: 0,
  reading: 2,
  normalising: 10,
  blocking: 20,
  sampling: 50,
  comparing: 60,
  estimating: 80,
  clustering: 82,
  offering: 90,
};

export interface LinkProfilesFlags {
  automaticFrom?: string;
}

/** `c360 link --profiles`: a linkage of the platform's own profiles, from its start to its end. Ctrl-C cancels it. */
export async function linkProfiles(
  io: CliIo,
  connection: Connection,
  output: Output,
  { automaticFrom }: LinkProfilesFlags,
): Promise<number> {
  const from = automaticFrom === undefined ? {} : { automaticFrom: probabilityOf(automaticFrom) };
  const started = await connection.startLinkage(from);
  let isStopped = false;
  const forget = io.onSignal(() => (isStopped = true));
  const progress = output.progress("linking", 100, "%");
  try {
    let run = started;
    while (run.state === "running") {
      await io.sleep(pollMs);
      run = isStopped ? await connection.cancelLinkage(run.id) : await connection.linkageRun(run.id);
      progress.update((stagesBegin[run.stage] ?? 0) + 10 * run.part);
    }
    progress.stop();
    return report(run, output);
  } finally {
    progress.stop();
    forget();
  }
}

function probabilityOf(text: string): number {
  const value = /^[01](\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 0.9 && value <= 1) return value;
  throw wrongUsage(
    "--automatic-from is no such probability.",
    "Give a number from 0.9 to 1; without it nobody is joined.",
  );
}

function report(run: RunView, output: Output): number {
  if (run.state === "failed") {
    throw new Problem(500, "linkage_failed", run.error ?? "The linkage failed.", {
      hint: "The platform's log says more.",
    });
  }
  if (output.json) output.document(run);
  else output.out(textOf(run));
  if (run.state === "cancelled") output.note("it was cancelled; what it had offered and linked stays");
  return run.state === "done" ? exitCodes.done : exitCodes.failed;
}

function textOf({ id, records, comparedPairs, offered, linked, automaticFrom, model }: RunView): string {
  const count = (value: number): string => value.toLocaleString("en-US");
  const joined =
    automaticFrom === null ? "nobody by itself (off)" : `${count(linked)} pairs of ${automaticFrom} or more`;
  return (
    `run        ${id}\n` +
    `profiles   ${count(records)}, ${count(comparedPairs)} pairs compared\n` +
    `model      ${model ?? "none"}\n` +
    `joined     ${joined}\n` +
    `to review  ${count(offered)} pairs: c360 reviews\n`
  );
}
