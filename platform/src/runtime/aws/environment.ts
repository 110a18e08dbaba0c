import { Problem } from "../../model/problem.ts";

/**
 * Every environment variable of the AWS edition, by the name that code has for it. Endpoints, region and credentials are
 * the SDK's own (`AWS_REGION`, `AWS_ENDPOINT_URL_KINESIS`, …) and are not among them.
 */
export const variables = {
  /** URL of the SQS queue that takes events of crm, erp, pos and iot. */
  queueUrl: "C360_AWS_QUEUE_URL",
  /** ARN of the SNS topic that takes events of social, web and mobile; its SQS subscription delivers raw messages. */
  topicArn: "C360_AWS_TOPIC_ARN",
  /** Name of the Kinesis data stream. */
  stream: "C360_AWS_STREAM",
  /** The stream's MaxRecordSizeInKiB, 1024 to 10240; 1024 where it is not set. */
  streamMaxRecordKib: "C360_AWS_STREAM_MAX_RECORD_KIB",
  /** Bucket of the raw lake: its segments are the log. */
  rawBucket: "C360_AWS_RAW_BUCKET",
  /** What segments' keys begin with, such as `raw/`: empty, or it ends with a slash. `raw/` where it is not set. */
  rawPrefix: "C360_AWS_RAW_PREFIX",
  /** DynamoDB table (string keys `pk` and `sk`) of the raw lake's head: which segment number is the next. */
  rawHeadTable: "C360_AWS_RAW_HEAD_TABLE",
  /** Seconds until a claimed segment number that nobody wrote is closed as empty, 1 to 900; 60 where it is not set. */
  rawClaimSeconds: "C360_AWS_RAW_CLAIM_SECONDS",
  /** Bucket where what cannot be read as an event is kept. */
  deadLetterBucket: "C360_AWS_DEAD_LETTER_BUCKET",
  /** What dead letters' keys begin with: empty, or it ends with a slash. `dead-letter/` where it is not set. */
  deadLetterPrefix: "C360_AWS_DEAD_LETTER_PREFIX",
  /** DynamoDB table (string keys `pk` and `sk`) of sources and API tokens. */
  accessTable: "C360_AWS_ACCESS_TABLE",
  /** DynamoDB table (string keys `pk` and `sk`, time to live `expires`) of what is decided: identity, profiles, messages. */
  stateTable: "C360_AWS_STATE_TABLE",
  /** Seconds that a decider has the lease, 5 to 900; 60 where it is not set. */
  leaseSeconds: "C360_AWS_LEASE_SECONDS",
  /** Name or ARN of the secret that holds the key of all keyed hashes: 43 letters and digits, or 32 bytes. */
  hashKeySecret: "C360_AWS_HASH_KEY_SECRET",
  /** ISO 4217: the currency that `revenue` is in; `GBP` where it is not set. */
  homeCurrency: "C360_AWS_HOME_CURRENCY",
  /** Port that the gateway listens on; 8080 where it is not set. */
  port: "C360_AWS_PORT",
  /** Seconds that a stopping gateway still takes what the load balancer sends it, 0 to 110; 15 where it is not set. */
  drainSeconds: "C360_AWS_DRAIN_SECONDS",
  /** CloudWatch namespace of the handlers' metrics; `Customer360` where it is not set. */
  metricsNamespace: "C360_AWS_METRICS_NAMESPACE",
  /** `DEBUG`, `INFO`, `WARN` or `ERROR`; `INFO` where it is not set. */
  logLevel: "C360_AWS_LOG_LEVEL",
  /** `true` where S3 has its buckets in the path, as most that are not AWS do; `false` where it is not set. */
  s3PathStyle: "C360_AWS_S3_PATH_STYLE",
} as const;

const logLevels = ["DEBUG", "INFO", "WARN", "ERROR"] as const;
export type LogLevel = (typeof logLevels)[number];

export interface Telemetry {
  readonly namespace: string;
  readonly logLevel: LogLevel;
}

/** A bucket, and what the keys in it begin with. */
export interface Place {
  readonly bucket: string;
  readonly prefix: string;
  readonly isPathStyle: boolean;
}

export interface StreamSettings {
  readonly stream: string;
  readonly maxRecordBytes: number;
}

export interface GatewayEnvironment {
  readonly queueUrl: string;
  readonly topicArn: string;
  readonly accessTable: string;
  readonly hashKeySecret: string;
  readonly port: number;
  readonly drainMs: number;
  readonly logLevel: LogLevel;
}

export interface DeciderEnvironment extends RawLogEnvironment {
  readonly stateTable: string;
  readonly leaseMs: number;
  readonly hashKeySecret: string;
  readonly homeCurrency: string;
  readonly telemetry: Telemetry;
}

export interface ForwarderEnvironment extends StreamSettings {
  readonly deadLetters: Place;
  readonly telemetry: Telemetry;
}

export interface RawLogEnvironment {
  readonly raw: Place;
  readonly headTable: string;
  readonly claimMs: number;
}

export interface IngestEnvironment extends RawLogEnvironment {
  readonly deadLetters: Place;
  readonly telemetry: Telemetry;
}

type Variable = keyof typeof variables;
type Given = (name: Variable) => string | null;

/** Each of these throws Problem 422 `setting_invalid`, whose `field` is the variable's name. */
export function gatewayEnvironment(env: NodeJS.ProcessEnv): GatewayEnvironment {
  const given = givenIn(env);
  return {
    queueUrl: urlOf(given, "queueUrl"),
    topicArn: topicOf(given),
    accessTable: tableOf(given, "accessTable"),
    hashKeySecret: secretOf(given),
    port: wholeOf(given, "port", { from: 0, to: 65_535, without: 8_080 }),
    drainMs: wholeOf(given, "drainSeconds", { from: 0, to: 110, without: 15 }) * 1_000,
    logLevel: telemetryOf(given).logLevel,
  };
}

export function forwarderEnvironment(env: NodeJS.ProcessEnv): ForwarderEnvironment {
  const given = givenIn(env);
  return { ...streamOf(given), deadLetters: deadLettersOf(given), telemetry: telemetryOf(given) };
}

export function ingestEnvironment(env: NodeJS.ProcessEnv): IngestEnvironment {
  const given = givenIn(env);
  return { ...rawLogEnvironment(env), deadLetters: deadLettersOf(given), telemetry: telemetryOf(given) };
}

export function deciderEnvironment(env: NodeJS.ProcessEnv): DeciderEnvironment {
  const given = givenIn(env);
  return {
    ...rawLogEnvironment(env),
    stateTable: tableOf(given, "stateTable"),
    leaseMs: wholeOf(given, "leaseSeconds", { from: 5, to: 900, without: 60 }) * 1_000,
    hashKeySecret: secretOf(given),
    homeCurrency: currencyOf(given),
    telemetry: telemetryOf(given),
  };
}

/** Of whoever reads or writes the raw lake. */
export function rawLogEnvironment(env: NodeJS.ProcessEnv): RawLogEnvironment {
  const given = givenIn(env);
  return {
    raw: placeOf(given, "rawBucket", "rawPrefix", "raw/"),
    headTable: tableOf(given, "rawHeadTable"),
    claimMs: wholeOf(given, "rawClaimSeconds", { from: 1, to: 900, without: 60 }) * 1_000,
  };
}

/** An empty one counts as not set. */
function givenIn(env: NodeJS.ProcessEnv): Given {
  return (name) => env[variables[name]]?.trim() || null;
}

function streamOf(given: Given): StreamSettings {
  const kib = wholeOf(given, "streamMaxRecordKib", { from: 1_024, to: 10_240, without: 1_024 });
  const hint = "Give the stream's name, not its ARN: 1 to 128 letters, digits, _, . and -.";
  return { stream: matching(given, "stream", /^[\w.-]{1,128}$/, hint), maxRecordBytes: kib * 1_024 };
}

function deadLettersOf(given: Given): Place {
  return placeOf(given, "deadLetterBucket", "deadLetterPrefix", "dead-letter/");
}

function telemetryOf(given: Given): Telemetry {
  const level = given("logLevel") ?? "INFO";
  const logLevel = logLevels.find((each) => each === level);
  if (logLevel === undefined) throw invalid("logLevel", "is no level", `Give one of ${logLevels.join(", ")}.`);
  return { namespace: given("metricsNamespace") ?? "Customer360", logLevel };
}

function placeOf(given: Given, bucket: Variable, prefix: Variable, without: string): Place {
  const hint = "Give the bucket's name alone: 3 to 63 lower-case letters, digits, . and -.";
  const name = matching(given, bucket, /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, hint);
  const start = given(prefix) ?? without;
  if (!/^([\w.-]+\/)*$/.test(start)) {
    throw invalid(prefix, "is no prefix", `Give names that each end with a slash, such as ${without}`);
  }
  return { bucket: name, prefix: start, isPathStyle: flagOf(given, "s3PathStyle") };
}

function tableOf(given: Given, name: Variable): string {
  return matching(given, name, /^[\w.-]{3,255}$/, "Give the table's name: 3 to 255 letters, digits, _, . and -.");
}

function topicOf(given: Given): string {
  const hint = "Give the ARN, such as arn:aws:sns:eu-central-1:123456789012:events.";
  return matching(given, "topicArn", /^arn:aws[\w-]*:sns:[\w-]+:\d{12}:[\w-]{1,256}$/, hint);
}

function secretOf(given: Given): string {
  const hint =
    "Give the secret's name or its ARN, never what it holds: the environment is shown to whoever may see the task.";
  return matching(given, "hashKeySecret", /^[\w/+=.@:-]{4,2048}$/, hint);
}

function currencyOf(given: Given): string {
  const currency = (given("homeCurrency") ?? "GBP").toUpperCase();
  if (Intl.supportedValuesOf("currency").includes(currency)) return currency;
  throw invalid("homeCurrency", "is no currency", "Give an ISO 4217 code such as GBP, EUR or USD.");
}

function urlOf(given: Given, name: Variable): string {
  const text = required(given, name);
  if (/^https?:$/.test(URL.parse(text)?.protocol ?? "")) return text;
  throw invalid(name, "is no URL", "Give the queue's URL, not its ARN: https://sqs.<region>.amazonaws.com/…");
}

function flagOf(given: Given, name: Variable): boolean {
  const text = given(name) ?? "false";
  if (text !== "true" && text !== "false") throw invalid(name, "is neither true nor false", "Give true or false.");
  return text === "true";
}

function wholeOf(given: Given, name: Variable, range: { from: number; to: number; without: number }): number {
  const text = given(name);
  if (text === null) return range.without;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= range.from && value <= range.to) return value;
  const hint = `Give a whole number from ${range.from} to ${range.to}; without it, it is ${range.without}.`;
  throw invalid(name, "is no such number", hint);
}

function matching(given: Given, name: Variable, pattern: RegExp, hint: string): string {
  const text = required(given, name);
  if (pattern.test(text)) return text;
  throw invalid(name, "is not of its form", hint);
}

function required(given: Given, name: Variable): string {
  const text = given(name);
  if (text !== null) return text;
  throw invalid(name, "is not set", "Set it in the function's or the task's environment; the CDK app does.");
}

function invalid(name: Variable, what: string, hint: string): Problem {
  const field = variables[name];
  return new Problem(422, "setting_invalid", `${field} ${what}`, { hint, field });
}
