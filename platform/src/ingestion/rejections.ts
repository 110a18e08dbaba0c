import type { Rejection } from "../model/event.ts";
import { decodeRecord } from "../model/logRecord.ts";
import type { Position } from "../model/position.ts";
import type { SourceKind } from "../model/source.ts";
import type { FateParts } from "./fates.ts";

/** Of the copies on one page: a page of large ones is shorter than what was asked for, and `next` goes on. */
const maxPageChars = 4 << 20;

export interface KeptCall {
  position: Position;
  messageId: string;
  source: string;
  /** Null of a correction, and where the record cannot be read any more; then there is no copy either. */
  sourceKind: SourceKind | null;
  reason: Rejection;
  /** UTC ms. */
  receivedAt: number | null;
  /** As sent: JSON text, cut where it was very large. */
  body: string | null;
  /** A call of this messageId was taken since. */
  isMended: boolean;
}

export interface RejectionsWanted {
  source: string | null;
  before: Position | null;
  limit: number;
}

/** Refused calls, newest first; `next` is where the page after begins, null on the last one. */
export function rejectionReader(
  parts: Pick<FateParts, "fates" | "log" | "firstPositions">,
): (wanted: RejectionsWanted) => Promise<{ items: KeptCall[]; next: Position | null }> {
  return async (wanted) => {
    const found = await parts.fates.rejections({ ...wanted, limit: wanted.limit + 1 });
    const page = found.slice(0, wanted.limit);
    const taken = await parts.firstPositions(page.map(({ messageKey }) => messageKey));
    const items: KeptCall[] = [];
    let chars = 0;
    for (const [index, { position, messageId, source, reason }] of page.entries()) {
      if (chars > maxPageChars) break;
      const { receivedAt, sourceKind, body } = await copyAt(parts, position);
      chars += body?.length ?? 0;
      const isMended = (taken[index] ?? null) !== null;
      items.push({ position, messageId, source, sourceKind, reason, receivedAt, body, isMended });
    }
    const isLast = items.length === found.length;
    return { items, next: isLast ? null : (items.at(-1)?.position ?? null) };
  };
}

const noCopy = { receivedAt: null, sourceKind: null, body: null };

async function copyAt(
  { log }: Pick<FateParts, "log">,
  position: Position,
): Promise<Pick<KeptCall, "receivedAt" | "sourceKind" | "body">> {
  const stored = await log.at(position);
  if (stored === null) return noCopy;
  try {
    const record = decodeRecord(stored.payload);
    const body = record.status === "rejected" ? record.body : JSON.stringify(record.body);
    const sourceKind = "sourceKind" in record ? record.sourceKind : null;
    return { receivedAt: record.receivedAt, sourceKind, body };
  } catch {
    return noCopy;
  }
}
