import { readFileSync } from "node:fs";
import type { ReplayView } from "../api/rejectionViews.ts";
import { Problem } from "../model/problem.ts";
import type { Connection } from "./connection.ts";
import type { CliIo } from "./io.ts";
import type { Output } from "./output.ts";
import { tableOf } from "./table.ts";
import { exitCodes, wrongUsage } from "./usage.ts";

const pollMs = 500;
const maxShownChars = 200;

export interface RejectsFlags {
  source?: string;
  all?: boolean;
  limit: number;
}

/** What calls are refused for, those with most to mend first. */
export async function listRejects(connection: Connection, output: Output, flags: RejectsFlags): Promise<number> {
  const { source, limit } = flags;
  const state = flags.all === true ? "all" : "open";
  const list = await connection.causes({ limit, state, ...(source === undefined ? {} : { source }) });
  if (output.json) output.document(list);
  else {
    const rows = list.items.map((cause) => {
      const what = cause.event ?? cause.type ?? "";
      return [cause.id, String(cause.open), String(cause.count), cause.source, cause.code, cause.field ?? "", what];
    });
    output.out(tableOf(["cause", "to mend", "refused", "source", "reason", "field", "event"], rows));
  }
  const { causes, calls } = list.open;
  output.note(calls === 0 ? "nothing is to be mended" : `${calls} calls of ${causes} causes are to be mended`);
  return exitCodes.done;
}

export interface ReplayFlags {
  with?: string;
  dryRun?: boolean;
  source?: string;
  message?: string[];
}

/** Sends the calls of a cause, or some, again. An interrupt stops the replay; what was sent stays sent. */
export async function replayRejects(
  connection: Connection,
  output: Output,
  { cause, flags, io }: { cause: string | undefined; flags: ReplayFlags; io: CliIo },
): Promise<number> {
  const { source, message, dryRun = false } = flags;
  const isSome = source !== undefined && message !== undefined;
  if ((cause !== undefined) === isSome || (cause !== undefined && (source ?? message) !== undefined)) {
    throw wrongUsage(
      "A replay is of a cause, or of --message ID … of a --source ID.",
      "c360 rejects lists the causes with their ids.",
    );
  }
  const transformation = flags.with === undefined ? null : transformationIn(flags.with);
  const of = cause === undefined ? { source, messageIds: message } : { cause };
  return told(
    output,
    await ended(connection, output, io, await connection.startReplay({ ...of, transformation, dryRun })),
  );
}

export async function resumeReplay(connection: Connection, output: Output, id: string, io: CliIo): Promise<number> {
  return told(output, await ended(connection, output, io, await connection.resumeReplay(id)));
}

async function ended(connection: Connection, output: Output, io: CliIo, begun: ReplayView): Promise<ReplayView> {
  if (begun.status !== "running") return begun;
  const bar = output.progress(begun.dryRun ? "trying out" : "replaying", begun.total, "calls");
  let interrupted = false;
  const release = io.onSignal(() => {
    interrupted = true;
  });
  try {
    let replay = begun;
    while (replay.status === "running") {
      await io.sleep(pollMs);
      replay = interrupted ? await connection.stopReplay(begun.id) : await connection.replay(begun.id);
      bar.update(replay.accepted + replay.refused + replay.skipped);
    }
    return replay;
  } finally {
    release();
    bar.stop();
  }
}

function told(output: Output, replay: ReplayView): number {
  if (output.json) output.document(replay);
  else output.out(`${countsText(replay)}${refusalsText(replay)}${examplesText(replay)}`);
  const { status, problem, id, dryRun, refused } = replay;
  if (status === "failed" && problem !== null) {
    throw new Problem(422, problem.code, problem.message, problem.hint === null ? {} : { hint: problem.hint });
  }
  if (status === "stopped" && !dryRun) output.note(`stopped; go on with: c360 replay --resume ${id}`);
  if (dryRun) output.note("nothing was sent");
  return status === "stopped" ? exitCodes.failed : refused > 0 ? exitCodes.doneWithRejects : exitCodes.done;
}

function countsText({ accepted, refused, skipped, dryRun }: ReplayView): string {
  const taken = dryRun ? "would be taken" : "taken";
  const rows = [
    [taken, String(accepted)],
    [dryRun ? "still refused" : "refused again", String(refused)],
    ["mended otherwise", String(skipped)],
  ];
  return tableOf(["calls", ""], rows);
}

function refusalsText({ refusals }: ReplayView): string {
  if (refusals.length === 0) return "";
  const rows = refusals.map(({ code, field, count, message }) => [code, field ?? "", String(count), message]);
  return `\n${tableOf(["refused for", "field", "calls", "what is wrong"], rows)}`;
}

/** The first that would be taken: as it was, and as it would be. */
function examplesText({ examples }: ReplayView): string {
  const example = examples.find(({ reason }) => reason === null);
  if (example === undefined) return "";
  const shown = (call: unknown): string => {
    const text = JSON.stringify(call);
    return text.length > maxShownChars ? `${text.slice(0, maxShownChars)}…` : text;
  };
  const rows = [
    ["before", shown(example.before)],
    ["after", shown(example.after)],
  ];
  return `\n${tableOf([example.messageId, ""], rows)}`;
}

function transformationIn(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw wrongUsage(`${file} cannot be read.`, "It holds a transformation: docs/rejects.md");
  }
  try {
    return JSON.parse(text);
  } catch {
    throw wrongUsage(`${file} is no JSON.`, "It holds a transformation: docs/rejects.md");
  }
}
