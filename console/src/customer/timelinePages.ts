import type { AnswerOf } from "../api/client.ts";
import { eventKey } from "./timelineRows.ts";

export type TimelinePage = AnswerOf<"/api/profiles/id/{id}/events", "get">;

/**
 * The loaded pages with a newer first page put before them; null when there may be a gap between the two, so that all
 * must be asked for again.
 */
export function withHead(pages: readonly TimelinePage[], head: TimelinePage): TimelinePage[] | null {
  const [first, ...rest] = pages;
  if (first === undefined) return [head];
  const known = new Set(first.items.map(eventKey));
  const isJoined =
    head.next === null || first.items.length === 0 || head.items.some((event) => known.has(eventKey(event)));
  if (!isJoined) return null;
  const fresh = new Set(head.items.map(eventKey));
  const items = [...head.items, ...first.items.filter((event) => !fresh.has(eventKey(event)))].sort(newestFirst);
  return [{ ...first, items, asOf: head.asOf }, ...rest];
}

type Item = TimelinePage["items"][number];

/** The platform's own order: by time, then by message id. */
function newestFirst(a: Item, b: Item): number {
  if (a.occurredAt !== b.occurredAt) return a.occurredAt > b.occurredAt ? -1 : 1;
  if (a.messageId !== b.messageId) return a.messageId > b.messageId ? -1 : 1;
  return 0;
}
