import { isCall, type Rejection } from "../model/event.ts";
import { decodeRecord } from "../model/logRecord.ts";
import type { Position } from "../model/position.ts";
import type { SourceKind } from "../model/source.ts";
import type { RejectionsAsked, RejectionState } from "../storage/fates.ts";
import type { FateParts } from "./fates.ts";

/** Of the copies on one page: a page of large ones is shorter than what was asked for, and `next` goes on. */
const maxPageChars = 4 << 20;

export interface KeptCall {
  position: Position;
  messageId: string;
  source: string;
  /** Null of what people and linkages said, and where the record cannot be read any more; then there is no copy either. */
  sourceKind: SourceKind | null;
  reason: Rejection;
  /** UTC ms. */
  receivedAt: number | null;
  /** As sent: JSON text, cut where it was very large. */
  body: string | null;
  /** Id of its cause. */
  cause: string;
  state: RejectionState;
}

/** Refused calls, newest first; `next` is where the page after begins, null on the last one. */
export function rejectionReader(
  parts: Pick<FateParts, "fates" | "log">,
): (wanted: RejectionsAsked) => Promise<{ items: KeptCall[]; next: Position | null }> {
  return async (wanted) => {
    const found = await parts.fates.rejections({ ...wanted, limit: wanted.limit + 1 });
    const page = found.slice(0, wanted.limit);
    const items: KeptCall[] = [];
    let chars = 0;
    for (const { messageKey: _, ...kept } of page) {
      if (chars > maxPageChars) break;
      const copy = await copyAt(parts, kept.position);
      chars += copy.body?.length ?? 0;
      items.push({ ...kept, ...copy });
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
    const sourceKind = isCall(record) ? record.sourceKind : null;
    return { receivedAt: record.receivedAt, sourceKind, body };
  } catch {
    return noCopy;
  }
}
