import type { QueryClient } from "@tanstack/react-query";
import { fetchTimeline, type TimelineData, timelineKey } from "./customerQueries.ts";
import { withHead } from "./timelinePages.ts";
import { eventKey } from "./timelineRows.ts";

/** Analytics follow decisions a moment behind: so often, and so many times, is a told event asked for. */
const askEveryMs = 150;
const maxTries = 40;
/** A next page that is under way is what somebody asked for. */
const keepsNextPage = { cancelRefetch: false };

export interface ToldEvent {
  source: string;
  messageId: string;
  /** ISO 8601. */
  occurredAt: string;
}

/** Asks for a timeline's first page until it holds the events that were told of, one question at a time. */
export function followHead(queries: QueryClient, id: string, source: string | null) {
  const queryKey = timelineKey(id, source);
  const missing = new Map<string, ToldEvent>();
  const stopping = new AbortController();
  let tries = 0;
  let isAsking = false;
  /** Something told of happened before the first page: it has its place further down. */
  let isFurtherDown = false;
  const askOnce = async (): Promise<void> => {
    tries += 1;
    try {
      const page = await fetchTimeline(id, source, null, stopping.signal);
      const oldest = page.next === null ? null : (page.items.at(-1)?.occurredAt ?? null);
      for (const event of page.items) missing.delete(eventKey(event));
      for (const [key, { occurredAt }] of missing) {
        if (oldest === null || occurredAt >= oldest) continue;
        missing.delete(key);
        isFurtherDown = true;
      }
      await putHead(queries, queryKey, page);
    } catch {
      // The next try, or the next event, asks again.
    }
  };
  const ask = async (): Promise<void> => {
    if (isAsking) return;
    isAsking = true;
    do {
      await askOnce();
      if (missing.size > 0 || isFurtherDown) await new Promise((resolve) => setTimeout(resolve, askEveryMs));
    } while (missing.size > 0 && tries < maxTries && !stopping.signal.aborted);
    isAsking = false;
    missing.clear();
    if (isFurtherDown && !stopping.signal.aborted) await queries.invalidateQueries({ queryKey }, keepsNextPage);
    isFurtherDown = false;
  };
  return {
    want(told: readonly ToldEvent[]): void {
      for (const each of told) if (source === null || each.source === source) missing.set(eventKey(each), each);
      tries = 0;
      if (missing.size > 0) void ask();
    },
    /** Asks once, for whatever is new. */
    look(): void {
      void ask();
    },
    stop(): void {
      stopping.abort();
    },
  };
}

async function putHead(queries: QueryClient, queryKey: readonly unknown[], head: TimelineData["pages"][number]) {
  const known = queries.getQueryData<TimelineData>(queryKey);
  if (known === undefined) return;
  const pages = withHead(known.pages, head);
  if (pages === null) await queries.invalidateQueries({ queryKey }, keepsNextPage);
  else queries.setQueryData<TimelineData>(queryKey, { ...known, pages });
}
