import type { ArchiveLimits } from "../eventLog/archivePolicy.ts";
import type { LogTiers } from "../eventLog/archiver.ts";
import type { PastSegment } from "../eventLog/pastSegments.ts";
import type { OwnerRequest } from "../ownerThread.ts";

/** What the archiving thread is started with. */
export interface ArchivingThreadSettings {
  logDirectory: string;
  limits: ArchiveLimits;
}

export type Question =
  | { kind: "tiers"; id: number }
  | { kind: "wholly"; id: number; before: number }
  | { kind: "removeBefore"; id: number; segment: number };
export type ArchivingRequest = OwnerRequest<Question>;
export interface ArchivingAnswers {
  tiers: LogTiers;
  wholly: PastSegment[];
  removeBefore: null;
  close: null;
}
