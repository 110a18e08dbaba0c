import type { JsonObject, Rejection } from "../../model/event.ts";
import type { RefusedAgain, ReplayJob } from "../../storage/replays.ts";
import type { Prepared } from "./prepared.ts";

/** Reasons that are told apart; what is beyond them is counted as `other`. */
const maxReasons = 20;

/** Counts a call that is refused again, with its reason. */
export function countRefusal(job: Pick<ReplayJob, "refused" | "refusals">, reason: Rejection): void {
  job.refused += 1;
  const { code, message } = reason;
  const field = reason.field?.replaceAll(/\[\d+\]/g, "[*]");
  const known = job.refusals.find((each) => each.code === code && each.field === field);
  if (known !== undefined) {
    known.count += 1;
    return;
  }
  const others = job.refusals.find((each) => each.code === other.code);
  if (job.refusals.length < maxReasons) {
    job.refusals.push({ code, message, ...(field === undefined ? {} : { field }), count: 1 });
  } else if (others === undefined) job.refusals.push({ ...other, count: 1 });
  else others.count += 1;
}

const other: Omit<RefusedAgain, "count"> = { code: "other", message: "for other reasons" };

/** A call of a dry run: as it was kept, and as it would be sent. */
export interface ReplayExample {
  messageId: string;
  before: JsonObject;
  after: JsonObject;
  /** Why it would be refused again; null: it would be taken. */
  reason: Rejection | null;
}

const maxExamples = 5;
const maxExampleChars = 32_768;

/** The first calls that would be taken, and the first that would be refused, as many of each. */
export function addExample(examples: ReplayExample[], { row, before, after, reason }: Prepared): void {
  if (before === null || after === null) return;
  const alike = examples.filter((example) => (example.reason === null) === (reason === null));
  if (alike.length >= maxExamples || JSON.stringify([before, after]).length > maxExampleChars) return;
  examples.push({ messageId: row.messageId, before, after, reason });
}
