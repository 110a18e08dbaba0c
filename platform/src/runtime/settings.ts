import { isIP } from "node:net";
import { isAbsolute, resolve } from "node:path";
import { maxPendingRecords } from "../gateway/limits.ts";
import { Problem } from "../model/problem.ts";
import { readTelemetrySettings, type TelemetrySettings } from "./telemetry/settings.ts";

export const logLevels = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

/** Everything that can be set from outside, checked. */
export interface Settings {
  /** 0 lets the system choose a free one. */
  readonly port: number;
  readonly host: string;
  /** Absolute. */
  readonly dataDir: string;
  /** `C360_API_TOKEN`: one administrator token for automation, beside those in the store. */
  readonly apiToken: string | null;
  /** `C360_WRITE_KEY`: the write key of the source `default`. */
  readonly writeKey: string | null;
  readonly logLevel: LogLevel;
  /** ISO 4217: the currency that `revenue` is in. */
  readonly homeCurrency: string;
  /** Records that may be durable and undecided; past it senders get 429. */
  readonly maxPendingRecords: number;
  /** With less free on the data directory's disk beside what is being worked off needs, nothing is taken (503); 0: no bound. */
  readonly minFreeBytes: number;
  /** Pairs at least so probable wait for review, 0.2 to 0.99. */
  readonly reviewFrom: number;
  /** A linkage joins pairs at least so probable, 0.9 to 1, by itself; null: none, people decide. */
  readonly linkAutomaticFrom: number | null;
  /** Absolute: the API makes backups here and in folders under it; null: the API makes none. */
  readonly backupDir: string | null;
  /** Segments of the log sealed so long ago are archived; null: not for their age. */
  readonly archiveAfterMs: number | null;
  /** The oldest sealed segments are archived while those that are not take more; null: not for their size. */
  readonly archiveBeyondBytes: number | null;
  /** Events received so long ago are deleted; null: none is. */
  readonly deleteAfterMs: number | null;
  /** `OTEL_…`: what is sent to an OpenTelemetry collector. */
  readonly telemetry: TelemetrySettings;
}

/** What a command line may set; it goes before the environment. */
export interface SettingOverrides {
  port?: string | undefined;
  host?: string | undefined;
  dataDir?: string | undefined;
}

export const defaultPort = 3600;
export const defaultDataDir = "./data";
export const minApiTokenChars = 16;
export const minWriteKeyChars = 8;
/** Fewer, and one batch of a sender would already be too much; more, and a restart after a crash takes minutes. */
export const fewestMaxPendingRecords = 10_000;
export const mostMaxPendingRecords = 10_000_000;
const maxSecretChars = 256;
const maxHostChars = 253;

/**
 * Reads and checks all settings. An empty variable counts as unset (that is how most shells and compose files unset
 * one). Throws Problem 422 `setting_invalid` whose `field` is the variable's name; the message never quotes a secret.
 */
export function readSettings(env: NodeJS.ProcessEnv, overrides: SettingOverrides = {}): Settings {
  const given = (name: string, override?: string): string | null =>
    override ?? (env[name] === "" ? null : (env[name] ?? null));
  return {
    port: portOf(given("C360_PORT", overrides.port)),
    host: hostOf(given("C360_HOST", overrides.host)),
    dataDir: dataDirOf(given("C360_DATA_DIR", overrides.dataDir)),
    apiToken: secretOf("C360_API_TOKEN", given("C360_API_TOKEN"), minApiTokenChars),
    writeKey: secretOf("C360_WRITE_KEY", given("C360_WRITE_KEY"), minWriteKeyChars),
    logLevel: logLevelOf(given("C360_LOG_LEVEL")),
    homeCurrency: currencyOf(given("C360_HOME_CURRENCY")),
    maxPendingRecords: maxPendingRecordsOf(given("C360_MAX_PENDING_RECORDS")),
    minFreeBytes: minFreeBytesOf(given("C360_MIN_FREE_MIB")),
    reviewFrom: reviewFromOf(given("C360_REVIEW_FROM")),
    linkAutomaticFrom: linkAutomaticFromOf(given("C360_LINK_AUTOMATIC_FROM")),
    backupDir: backupDirOf(given("C360_BACKUP_DIR")),
    archiveAfterMs: archiveAfterMsOf(given("C360_ARCHIVE_AFTER_DAYS")),
    archiveBeyondBytes: archiveBeyondBytesOf(given("C360_ARCHIVE_BEYOND_MIB")),
    deleteAfterMs: deleteAfterMsOf(given("C360_DELETE_AFTER_DAYS"), archiveAfterMsOf(given("C360_ARCHIVE_AFTER_DAYS"))),
    telemetry: readTelemetrySettings(env),
  };
}

function invalid(field: string, message: string, hint: string): Problem {
  return new Problem(422, "setting_invalid", `${field} ${message}`, { hint, field });
}

function portOf(text: string | null): number {
  if (text === null) return defaultPort;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw invalid(
    "C360_PORT",
    "is not a port number",
    `Give a whole number from 0 to 65535; without it the port is ${defaultPort}.`,
  );
}

function hostOf(text: string | null): string {
  if (text === null) return "127.0.0.1";
  const isName = text.length <= maxHostChars && /^(?!-)[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$/.test(text);
  // Four numbers that are not an address would be looked up as a name, and fail much later.
  if (isIP(text) !== 0 || (isName && !/^[\d.]+$/.test(text))) return text;
  throw invalid(
    "C360_HOST",
    "is neither an IP address nor a host name",
    "Use 127.0.0.1 for this machine only, 0.0.0.0 for every network of this machine. No port, no http://.",
  );
}

function dataDirOf(text: string | null): string {
  const dir = text ?? defaultDataDir;
  if (dir.trim() === "" || dir.includes("\0")) {
    throw invalid("C360_DATA_DIR", "is not a path", "Name a directory; it is made when it does not exist.");
  }
  return resolve(dir);
}

function backupDirOf(text: string | null): string | null {
  if (text === null) return null;
  if (isAbsolute(text) && !text.includes("\0")) return resolve(text);
  throw invalid("C360_BACKUP_DIR", "is no absolute path", "Name a folder from the root, like /var/backups/c360.");
}

function secretOf(name: string, text: string | null, minChars: number): string | null {
  if (text === null) return null;
  if (text.length < minChars) {
    throw invalid(
      name,
      `is too easy to guess: it has ${text.length} characters and needs at least ${minChars}`,
      "Make one with: openssl rand -hex 24",
    );
  }
  if (text.length > maxSecretChars || !/^[\x21-\x39\x3b-\x7e]+$/.test(text)) {
    throw invalid(
      name,
      `must be at most ${maxSecretChars} printable ASCII characters without spaces and colons`,
      "Make one with: openssl rand -hex 24",
    );
  }
  return text;
}

function logLevelOf(text: string | null): LogLevel {
  const level = logLevels.find((known) => known === (text ?? "info").toLowerCase());
  if (level !== undefined) return level;
  throw invalid("C360_LOG_LEVEL", "is not a log level", `One of: ${logLevels.join(", ")}.`);
}

function currencyOf(text: string | null): string {
  const currency = (text ?? "GBP").toUpperCase();
  if (Intl.supportedValuesOf("currency").includes(currency)) return currency;
  throw invalid("C360_HOME_CURRENCY", "is not a currency", "Give an ISO 4217 code such as GBP, EUR or USD.");
}

function maxPendingRecordsOf(text: string | null): number {
  if (text === null) return maxPendingRecords;
  const records = /^\d{1,8}$/.test(text) ? Number(text) : Number.NaN;
  if (records >= fewestMaxPendingRecords && records <= mostMaxPendingRecords) return records;
  throw invalid(
    "C360_MAX_PENDING_RECORDS",
    "is not a number of records",
    `Give a whole number from ${fewestMaxPendingRecords} to ${mostMaxPendingRecords}, without separators; without it it is ${maxPendingRecords}.`,
  );
}

const defaultMinFreeMiB = 256;
const mostMinFreeMiB = 1_048_576;
const mebibyte = 1_048_576;

function minFreeBytesOf(text: string | null): number {
  if (text === null) return defaultMinFreeMiB * mebibyte;
  const mebibytes = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
  if (mebibytes <= mostMinFreeMiB) return mebibytes * mebibyte;
  throw invalid(
    "C360_MIN_FREE_MIB",
    "is not a number of mebibytes",
    `Give a whole number from 0 (no bound) to ${mostMinFreeMiB}; without it it is ${defaultMinFreeMiB}.`,
  );
}

const dayMs = 86_400_000;
const defaultArchiveAfterDays = 7;
const mostArchiveAfterDays = 36_500;
const defaultArchiveBeyondMiB = 1_024;
const mostArchiveBeyondMiB = 1_073_741_824;

function archiveAfterMsOf(text: string | null): number | null {
  if (text?.toLowerCase() === "off") return null;
  const days = text === null ? defaultArchiveAfterDays : /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (days <= mostArchiveAfterDays) return days * dayMs;
  throw invalid(
    "C360_ARCHIVE_AFTER_DAYS",
    "is neither `off` nor a number of days",
    `Give a whole number from 0 (as soon as a segment is full) to ${mostArchiveAfterDays}; without it it is ${defaultArchiveAfterDays}.`,
  );
}

function archiveBeyondBytesOf(text: string | null): number | null {
  if (text?.toLowerCase() === "off") return null;
  const mebibytes = text === null ? defaultArchiveBeyondMiB : /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (mebibytes <= mostArchiveBeyondMiB) return mebibytes * mebibyte;
  throw invalid(
    "C360_ARCHIVE_BEYOND_MIB",
    "is neither `off` nor a number of mebibytes",
    `Give a whole number from 0 to ${mostArchiveBeyondMiB}; without it it is ${defaultArchiveBeyondMiB}.`,
  );
}

/** SQL moves what is hot to its lake within hours; nothing younger than this is taken away from it. */
const leastDeleteAfterDays = 1;
const mostDeleteAfterDays = 36_500;

function deleteAfterMsOf(text: string | null, archiveAfterMs: number | null): number | null {
  if (text === null || text.toLowerCase() === "off") return null;
  const days = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(days >= leastDeleteAfterDays && days <= mostDeleteAfterDays)) {
    throw invalid(
      "C360_DELETE_AFTER_DAYS",
      "is neither `off` nor a number of days",
      `Give a whole number from ${leastDeleteAfterDays} to ${mostDeleteAfterDays}; without it nothing is deleted.`,
    );
  }
  if (archiveAfterMs === null || days * dayMs >= archiveAfterMs) return days * dayMs;
  const archiveDays = archiveAfterMs / dayMs;
  throw invalid(
    "C360_DELETE_AFTER_DAYS",
    `is less than the ${archiveDays} days of C360_ARCHIVE_AFTER_DAYS: nothing would ever be archived for its age`,
    `Give at least ${archiveDays}, or a smaller C360_ARCHIVE_AFTER_DAYS (or \`off\`).`,
  );
}

/** Less probable pairs waste reviewers' time; a higher bound would hide what nobody has looked at. */
const leastReviewFrom = 0.2;
const mostReviewFrom = 0.99;
const defaultReviewFrom = 0.5;
/** What is less probable than this is a question, and no answer. */
export const leastAutomaticFrom = 0.9;

function reviewFromOf(text: string | null): number {
  const probability = text === null ? defaultReviewFrom : probabilityOf(text);
  if (probability >= leastReviewFrom && probability <= mostReviewFrom) return probability;
  throw invalid(
    "C360_REVIEW_FROM",
    "is not such a probability",
    `Give a number from ${leastReviewFrom} to ${mostReviewFrom}; without it it is ${defaultReviewFrom}.`,
  );
}

function linkAutomaticFromOf(text: string | null): number | null {
  if (text === null || text.toLowerCase() === "off") return null;
  const probability = probabilityOf(text);
  if (probability >= leastAutomaticFrom && probability <= 1) return probability;
  throw invalid(
    "C360_LINK_AUTOMATIC_FROM",
    "is neither `off` nor such a probability",
    `Give a number from ${leastAutomaticFrom} to 1; without it linkage joins nobody by itself.`,
  );
}

function probabilityOf(text: string): number {
  return /^[01](\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN;
}
