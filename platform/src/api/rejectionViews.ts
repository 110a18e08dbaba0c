import type { CallType, JsonObject, Rejection } from "../model/event.ts";
import type { RejectionState } from "../storage/fates.ts";
import type { replayStatuses } from "../storage/replays.ts";

/** A refused call, kept so that it can be mended and sent again. */
export interface RejectionView {
  messageId: string;
  source: string;
  /** Null where the record cannot be read any more. */
  sourceKind: string | null;
  code: string;
  reason: string;
  field: string | null;
  receivedAt: string | null;
  /** True when a call of this messageId was taken since. */
  mended: boolean;
  state: RejectionState;
  /** Id of its cause. */
  cause: string;
  /** As sent; text where it was no JSON object, or was cut. */
  event: JsonObject | string | null;
}

/** What refused calls have in common. */
export interface RejectionCauseView {
  id: string;
  source: string;
  code: string;
  /** Of the newest. */
  reason: string;
  field: string | null;
  type: CallType | null;
  event: string | null;
  count: number;
  open: number;
  firstAt: string | null;
  lastAt: string | null;
  sample: { messageId: string; field: string | null };
}

export interface ReplayView {
  id: string;
  status: (typeof replayStatuses)[number];
  dryRun: boolean;
  source: string;
  /** Either it or `messageIds`. */
  cause: string | null;
  messageIds: string[] | null;
  transformation: JsonObject | null;
  by: string;
  startedAt: string;
  endedAt: string | null;
  total: number;
  accepted: number;
  refused: number;
  skipped: number;
  refusals: { code: string; message: string; field: string | null; count: number }[];
  /** Of a dry run. */
  examples: { messageId: string; before: JsonObject; after: JsonObject; reason: Rejection | null }[];
  problem: { code: string; message: string; hint: string | null } | null;
}

export interface ReplayWished {
  cause?: string | undefined;
  source?: string | undefined;
  messageIds?: readonly string[] | undefined;
  transformation?: unknown;
  dryRun?: boolean | undefined;
}

/** Lists are newest first, causes those with most to mend; `after` is the `next` of the page before. Problem 400 `cursor_invalid`. */
export interface RejectionServices {
  list(wanted: {
    source: string | null;
    cause: string | null;
    onlyOpen: boolean;
    after: string | null;
    limit: number;
  }): Promise<{ items: RejectionView[]; next: string | null }>;
  causes(wanted: { source: string | null; onlyOpen: boolean; after: string | null; limit: number }): Promise<{
    items: RejectionCauseView[];
    next: string | null;
    open: { causes: number; calls: number };
  }>;
  /** Problem 404 `rejection_cause_not_found`. */
  cause(id: string): Promise<RejectionCauseView>;
}

export interface ReplayServices {
  start(wanted: ReplayWished, by: string): Promise<ReplayView>;
  list(wanted: { after: string | null; limit: number }): Promise<{ items: ReplayView[]; next: string | null }>;
  find(id: string): Promise<ReplayView>;
  stop(id: string): Promise<ReplayView>;
  resume(id: string): Promise<ReplayView>;
}
