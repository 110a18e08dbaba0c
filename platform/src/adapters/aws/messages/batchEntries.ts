import type { Refusal } from "../untilTaken.ts";

/** What SQS and SNS answer to a batch: each entry, by its id, is in one of the two. */
interface BatchAnswer {
  Successful?: readonly { Id?: string | undefined }[] | undefined;
  Failed?:
    | readonly { Id?: string | undefined; Code?: string | undefined; SenderFault?: boolean | undefined }[]
    | undefined;
}

/** Texts with ids that are their places. */
export function entriesById(texts: readonly string[]): { Id: string; text: string }[] {
  return texts.map((text, at) => ({ Id: String(at), text }));
}

/** For each of `count` entries: null where it was taken. One that the answer leaves out may not be there. */
export function answersById(count: number, { Successful = [], Failed = [] }: BatchAnswer): (Refusal | null)[] {
  const taken = new Set(Successful.map(({ Id }) => Id));
  const failed = new Map(Failed.map((each) => [each.Id, each]));
  return Array.from({ length: count }, (_, at) => {
    const id = String(at);
    if (taken.has(id)) return null;
    const why = failed.get(id);
    return { why: why?.Code ?? "no answer for the message", isFinal: why?.SenderFault === true };
  });
}
