import type { ListedReviewView, ReviewSummaryView, RunView } from "../api/reviewViews.ts";
import type { Connection } from "./connection.ts";
import type { Output } from "./output.ts";
import { tableOf } from "./table.ts";
import { exitCodes, wrongUsage } from "./usage.ts";

const answers = ["same", "different", "skip", "undo"];

export async function listReviews(connection: Connection, output: Output, limit: number): Promise<number> {
  const found = await connection.reviews(limit);
  if (output.json) {
    output.document(found);
    return exitCodes.done;
  }
  if (found.items.length > 0)
    output.out(tableOf(["pair", "probability", "one", "other", "origin"], found.items.map(rowOf)));
  output.note(summaryText(found.summary));
  return exitCodes.done;
}

function rowOf({ id, probability, a, b, origin, state }: ListedReviewView): string[] {
  return [id, probability.toFixed(3), a.name, b.name, state === "skipped" ? `${origin}, skipped` : origin];
}

function summaryText({ open, skipped, answered }: ReviewSummaryView): string {
  const waiting = open + skipped === 0 ? "nothing waits for review" : `${open} wait, ${skipped} more were put off`;
  if (answered.agreement === null) return waiting;
  const agreed = Math.round(answered.agreement * 100);
  return `${waiting}; of ${answered.pairs} answers ${agreed} % said what was likelier`;
}

/** Both side by side, with what an answer gives back as `--basis`. */
export async function showReview(connection: Connection, output: Output, id: string): Promise<number> {
  const found = await connection.review(id);
  if (output.json) {
    output.document(found);
    return exitCodes.done;
  }
  const { a, b, fields, probability, elsewhere, basis } = found;
  const rows = fields.map((field) => [field.name, field.a ?? "", field.b ?? "", field.level]);
  output.out(tableOf(["field", a.anchor, b.anchor, "compared"], rows));
  output.out(`probability  ${probability.toFixed(3)}\nbasis        ${basis}\n`);
  if (elsewhere !== null) output.note(elsewhere.message);
  return exitCodes.done;
}

export async function answerReview(
  connection: Connection,
  output: Output,
  { id, ...given }: { id: string; answer: string; reason?: string; basis?: string },
): Promise<number> {
  if (!answers.includes(given.answer)) {
    throw wrongUsage(`${given.answer} is no answer.`, `Say one of: ${answers.join(", ")}.`);
  }
  const made = await connection.answerReview(id, given);
  if (output.json) output.document(made);
  else
    output.out(`${made.id}  ${made.state}${made.corrections.length === 0 ? "" : `  ${made.corrections.join(" ")}`}\n`);
  if (!made.decided) output.note("it is kept, and decided in a moment");
  return exitCodes.done;
}

export async function listLinkages(
  connection: Connection,
  output: Output,
  { run, limit }: { run?: string; limit: number },
): Promise<number> {
  if (run !== undefined) {
    const items = await connection.links(run, limit);
    if (output.json) output.document({ items });
    else if (items.length === 0) output.note("it linked nobody");
    else {
      const rows = items.map((link) => [link.id, link.probability.toFixed(3), link.a, link.b, statusText(link)]);
      output.out(tableOf(["link", "probability", "a", "b", "status"], rows));
    }
    return exitCodes.done;
  }
  const items = await connection.linkageRuns(limit);
  if (output.json) output.document({ items });
  else if (items.length === 0) output.note("no linkage of all profiles yet: c360 link --profiles");
  else output.out(tableOf(["run", "started", "state", "profiles", "to review", "linked"], items.map(runRow)));
  return exitCodes.done;
}

function statusText({ status, explanation }: { status: string; explanation: string | null }): string {
  return explanation === null ? status.replace("_", " ") : `${status}: ${explanation}`;
}

function runRow({ id, startedAt, state, records, offered, linked }: RunView): string[] {
  return [id, startedAt, state, String(records), String(offered), String(linked)];
}

export async function unlink(
  connection: Connection,
  output: Output,
  { id, reason }: { id: string; reason?: string },
): Promise<number> {
  if (reason === undefined || reason.trim() === "") {
    throw wrongUsage(
      "Taking links back needs a reason, for whoever looks at it later.",
      'Add --reason "the model was wrong".',
    );
  }
  const withdrawn = id.startsWith("lr_")
    ? await withdrawnOfRun(connection, id, reason)
    : (await connection.withdrawLink(id, reason)).withdrawn;
  if (output.json) output.document({ withdrawn });
  else output.out(`${withdrawn} ${withdrawn === 1 ? "link" : "links"} withdrawn\n`);
  return exitCodes.done;
}

async function withdrawnOfRun(connection: Connection, id: string, reason: string): Promise<number> {
  let answer = await connection.withdrawRun(id, { reason });
  let { withdrawn } = answer;
  while (answer.next !== null) {
    answer = await connection.withdrawRun(id, { reason, after: answer.next });
    withdrawn += answer.withdrawn;
  }
  return withdrawn;
}
