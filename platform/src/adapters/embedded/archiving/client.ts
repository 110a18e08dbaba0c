import type { LogTiers } from "../eventLog/archiver.ts";
import type { PastSegment } from "../eventLog/pastSegments.ts";
import { ownedThread } from "../ownedThread.ts";
import type { Deciding } from "../pace.ts";
import type { ArchivingAnswers, ArchivingRequest, ArchivingThreadSettings } from "./messages.ts";

const maxWaiting = 16;
const retryAfterSeconds = 2;
const maxYoungGenerationMb = 16;

export interface EmbeddedArchiving {
  /** What the log's files hold, by how they are kept. */
  tiers(): Promise<LogTiers>;
  /** Segments of which all was received before `time`, UTC ms: see `Archiver`. */
  wholly(before: number): Promise<PastSegment[]>;
  removeBefore(segment: number): Promise<void>;
  advance(deciding: Deciding): void;
  close(): Promise<void>;
}

export interface ArchivingOptions extends ArchivingThreadSettings {
  /** For the operator's log. No personal data in it. */
  onTrouble: (message: string) => void;
}

/** Starts the thread that archives the log's sealed segments. */
export async function startArchiving({ onTrouble, ...workerData }: ArchivingOptions): Promise<EmbeddedArchiving> {
  const thread = ownedThread<ArchivingAnswers, ArchivingRequest>({
    entry: new URL("./thread.ts", import.meta.url),
    name: "archiving",
    workerData,
    maxYoungGenerationMb,
    retryAfterSeconds,
    onTrouble,
    onFollowed: undefined,
  });
  await thread.start();
  const one = { maxWaiting, counts: (): boolean => true };
  let told: Deciding = "idle";
  return {
    tiers: () => thread.ask("tiers", (id) => ({ kind: "tiers", id }), { maxWaiting, counts: () => true }),
    wholly: (before) => thread.ask("wholly", (id) => ({ kind: "wholly", id, before }), one),
    removeBefore: async (segment) => {
      await thread.ask("removeBefore", (id) => ({ kind: "removeBefore", id, segment }), one);
    },
    advance: (deciding) => {
      if (deciding === told) return;
      told = deciding;
      thread.tell(() => ({ kind: "advance", deciding: told }));
    },
    close: () => thread.close((id) => ({ kind: "close", id })),
  };
}
