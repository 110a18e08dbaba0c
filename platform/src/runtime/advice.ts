import type { Advice, ConsumerView, DiskView } from "../api/operations.ts";

/** What advice is given on. Times are UTC ms. */
export interface Figures {
  now: number;
  logFailed: boolean;
  /** For want of room on the disk. */
  takesNothing: boolean;
  consumers: readonly ConsumerView[];
  disk: Pick<DiskView, "freeBytes" | "totalBytes" | "daysLeft"> | null;
  /** Of the last five minutes, over all sources. */
  lately: { accepted: number; rejected: number };
  /** Failures that were retried, newest first. */
  retries: readonly { at: number; message: string }[];
  backup: { status: "running" | "done" | "failed" } | null;
}

const lagSeconds = 60;
const ingestionLagSeconds = 30;
const retryMs = 120_000;
const fewDays = 14;
const gibibyte = 2 ** 30;
const scarce = { trouble: { share: 0.02, bytes: gibibyte }, attention: { share: 0.1, bytes: 5 * gibibyte } };
/** Refusals are told of from so many on, where they are at least this share. */
const fewRefusals = 10;
const refusedShare = 0.02;

/** With the verb that goes before how far it is. */
const called: Record<ConsumerView["name"], string> = {
  ingestion: "Deciding is",
  sql: "SQL and timelines are",
  search: "Search is",
  reviews: "The review queue is",
};

/** What to do now, in plain words, the worst first. Pure. */
export function adviceOn(figures: Figures): Advice[] {
  const all = [
    ...logAdvice(figures),
    ...diskAdvice(figures),
    ...retryAdvice(figures),
    ...figures.consumers.flatMap(consumerAdvice),
    ...refusalAdvice(figures),
    ...backupAdvice(figures),
  ];
  return [
    ...all.filter(({ severity }) => severity === "trouble"),
    ...all.filter(({ severity }) => severity !== "trouble"),
  ];
}

export function stateOf(advice: readonly Advice[]): "well" | Advice["severity"] {
  return advice[0]?.severity ?? "well";
}

function logAdvice({ logFailed }: Figures): Advice[] {
  if (!logFailed) return [];
  const message = "The event log could not be written: nothing is accepted, and senders are told to try again.";
  const hint = "Look at the disk and its rights, then start the platform again. What was acknowledged is kept.";
  return [{ code: "log_failed", severity: "trouble", message, hint }];
}

function diskAdvice({ disk, takesNothing }: Figures): Advice[] {
  if (takesNothing) {
    const message =
      "The disk of the data directory is nearly full: nothing more is taken, and senders are told to try again.";
    const again = "Make room: taking goes on by itself within a second. What was acknowledged is worked off meanwhile.";
    return [{ code: "disk_low", severity: "trouble", message, hint: again }];
  }
  if (disk === null) return [];
  const { freeBytes, totalBytes, daysLeft } = disk;
  const isBelow = ({ share, bytes }: { share: number; bytes: number }): boolean =>
    freeBytes < Math.min(share * totalBytes, bytes);
  const left = `${(freeBytes / gibibyte).toFixed(1)} GiB are left on the disk of the data directory`;
  const atThisRate = daysLeft === null ? "" : `, which last ${daysText(daysLeft)} at yesterday's rate`;
  const hint = "Make room, or move the data directory to a larger disk (stop, copy, start with C360_DATA_DIR).";
  const say = (severity: Advice["severity"]): Advice[] => [
    { code: "disk_low", severity, message: `${left}${atThisRate}.`, hint },
  ];
  if (isBelow(scarce.trouble)) return say("trouble");
  return isBelow(scarce.attention) || (daysLeft !== null && daysLeft < fewDays) ? say("attention") : [];
}

function daysText(days: number): string {
  if (days < 1) return "less than a day";
  return days < 2 ? "a day" : `${Math.floor(days)} days`;
}

function retryAdvice({ retries, now }: Figures): Advice[] {
  const latest = retries[0];
  if (latest === undefined || now - latest.at > retryMs) return [];
  const message = `Something failed and is tried again: ${latest.message}`;
  const hint =
    "Nothing is lost while it is retried. Look at the server's log; a full disk and too few file handles are the usual causes.";
  return [{ code: "retrying", severity: "attention", message, hint }];
}

function consumerAdvice({ name, state, lagSeconds: lag, waiting }: ConsumerView): Advice[] {
  if (state === "unknown") {
    const message = `${called[name]} not telling how far behind.`;
    const hint =
      "It may be starting. If this stays for minutes, look at the server's log and start the platform again.";
    return [{ code: `${name}_silent`, severity: "attention", message, hint }];
  }
  if (lag === null || lag < (name === "ingestion" ? ingestionLagSeconds : lagSeconds)) return [];
  const message = `${called[name]} ${agoText(lag)}${waitingText(name, waiting)}.`;
  const hint =
    name === "ingestion"
      ? "More comes in than this machine decides. It catches up by itself; if it goes on, spread imports over the day or take a faster machine."
      : "It catches up by itself, after deciding. Answers say how old they are (asOf).";
  return [{ code: `${name}_behind`, severity: "attention", message, hint }];
}

function agoText(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  if (seconds < 90) return `${Math.round(seconds)} seconds behind`;
  return minutes < 120 ? `${minutes} minutes behind` : `${Math.round(minutes / 60)} hours behind`;
}

function waitingText(name: ConsumerView["name"], waiting: number | null): string {
  if (waiting === null || waiting === 0) return "";
  return `: ${waiting.toLocaleString("en-GB")} ${name === "ingestion" ? "records" : "changes"} wait`;
}

function refusalAdvice({ lately }: Figures): Advice[] {
  const { accepted, rejected } = lately;
  if (rejected < fewRefusals || rejected < refusedShare * (accepted + rejected)) return [];
  const message = `${rejected.toLocaleString("en-GB")} of ${(accepted + rejected).toLocaleString("en-GB")} calls were refused in the last five minutes.`;
  const hint = "Rejects groups them by what is wrong, and sends them again once they are mended.";
  return [{ code: "many_refused", severity: "attention", message, hint }];
}

function backupAdvice({ backup }: Figures): Advice[] {
  if (backup?.status !== "failed") return [];
  const message = "The latest backup failed.";
  return [
    { code: "backup_failed", severity: "attention", message, hint: "See what it says below, and start it again." },
  ];
}
