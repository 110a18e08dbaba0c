import type { CorrectionPreview, CorrectionView, WantedCorrections } from "../api/correctionViews.ts";
import type { Connection } from "./connection.ts";
import type { Output } from "./output.ts";
import { printable, tableOf } from "./table.ts";
import { exitCodes, wrongUsage } from "./usage.ts";

export interface CorrectionFlags {
  reason?: string;
  preview?: boolean;
}

/** Says it, or with `preview` shows what it would do. */
export async function correct(
  connection: Connection,
  output: Output,
  wanted: WantedCorrections,
  { reason, preview }: CorrectionFlags,
): Promise<number> {
  if (preview === true) {
    const seen = await connection.previewCorrections(wanted);
    if (output.json) output.document(seen);
    else output.out(`${planText(seen)}${effectText(seen)}`);
    output.note("nothing is changed; the same without --preview says it");
    return exitCodes.done;
  }
  const answer = await connection.correct(wanted, reasonOf(reason));
  if (output.json) output.document(answer);
  else output.out(`${saidText(answer.corrections)}${effectText(answer)}`);
  if (!answer.decided) output.note("it is kept, and decided in a moment");
  return exitCodes.done;
}

export async function withdraw(
  connection: Connection,
  output: Output,
  id: string,
  { reason }: CorrectionFlags,
): Promise<number> {
  const answer = await connection.withdrawCorrection(id, reasonOf(reason));
  if (output.json) output.document(answer);
  else output.out(`${saidText(answer.corrections)}${effectText(answer)}`);
  return exitCodes.done;
}

function reasonOf(reason: string | undefined): string {
  if (reason !== undefined && reason.trim() !== "") return reason;
  throw wrongUsage("A correction needs a reason, for whoever looks at it later.", 'Add --reason "she called".');
}

export async function listCorrections(
  connection: Connection,
  output: Output,
  { limit }: { limit: number },
): Promise<number> {
  const items = await connection.corrections(limit);
  if (output.json) output.document({ items });
  else if (items.length === 0) output.note("nobody has corrected anything");
  else output.out(tableOf(columns, items.map(rowOf)));
  return exitCodes.done;
}

const columns = ["id", "verdict", "a", "b", "when", "by", "status", "reason"];

function rowOf({ id, verdict, a, b, receivedAt, by, status, overruledBy, reason }: CorrectionView): string[] {
  const state = overruledBy === null ? status.replace("_", " ") : `${status} by ${overruledBy}`;
  return [id, verdict, a, b, receivedAt, by, state, reason];
}

function planText({ corrections }: CorrectionPreview): string {
  const said = corrections.map(({ verdict, a, b, overrules }) => [verdict, a, b, overrules]);
  return tableOf(["would be said", "a", "b", "overrules"], said);
}

function saidText(corrections: readonly { id: string; verdict: string; a: string; b: string }[]): string {
  const said = corrections.map(({ id, verdict, a, b }) => [id, verdict, a, b]);
  return tableOf(["id", "verdict", "a", "b"], said);
}

type Effect = Pick<CorrectionPreview, "before" | "after" | "conflicts">;

function effectText({ before, after, conflicts }: Effect): string {
  const people = (side: string, seen: Effect["before"]): string[][] =>
    seen.map(({ identifiers, profile }) => [side, profile.id, identifiers.join(" ")]);
  const rows = [...people("before", before), ...people("after", after)];
  const refused = conflicts.map(({ verdict, a, b, reason }) => `${verdict} ${a} ${b}: ${reason}`);
  const head = refused.length === 0 ? "" : "\nwithout effect:\n";
  return `\n${tableOf(["", "profile", "identifiers"], rows)}${head}${refused.map((line) => `${printable(line)}\n`).join("")}`;
}
