import { describe, expect, it, test } from "vitest";
import { Problem } from "../../model/problem.ts";
import {
  deciderEnvironment,
  forwarderEnvironment,
  gatewayEnvironment,
  ingestEnvironment,
  rawLogEnvironment,
  variables,
} from "./environment.ts";

const whole = {
  C360_AWS_QUEUE_URL: "https://sqs.eu-central-1.amazonaws.com/123456789012/events",
  C360_AWS_TOPIC_ARN: "arn:aws:sns:eu-central-1:123456789012:events",
  C360_AWS_STREAM: "events",
  C360_AWS_RAW_BUCKET: "retailer-raw",
  C360_AWS_RAW_HEAD_TABLE: "raw-head",
  C360_AWS_DEAD_LETTER_BUCKET: "retailer-raw",
  C360_AWS_ACCESS_TABLE: "access",
  C360_AWS_STATE_TABLE: "state",
  C360_AWS_HASH_KEY_SECRET: "customer360/hash-key",
};
const readers = { gatewayEnvironment, forwarderEnvironment, ingestEnvironment, rawLogEnvironment, deciderEnvironment };

function problemOf(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return error;
  }
}

describe("the environment of the AWS edition", () => {
  it("is read with what stands for what is not set", () => {
    expect(gatewayEnvironment(whole)).toEqual({
      queueUrl: whole.C360_AWS_QUEUE_URL,
      topicArn: whole.C360_AWS_TOPIC_ARN,
      accessTable: "access",
      hashKeySecret: "customer360/hash-key",
      port: 8_080,
      drainMs: 15_000,
      logLevel: "INFO",
    });
    expect(deciderEnvironment({ ...whole, C360_AWS_HOME_CURRENCY: "eur", C360_AWS_LEASE_SECONDS: "90" })).toEqual({
      ...rawLogEnvironment(whole),
      stateTable: "state",
      leaseMs: 90_000,
      hashKeySecret: "customer360/hash-key",
      homeCurrency: "EUR",
      telemetry: { namespace: "Customer360", logLevel: "INFO" },
    });
    expect(forwarderEnvironment(whole)).toEqual({
      stream: "events",
      maxRecordBytes: 1_048_576,
      deadLetters: { bucket: "retailer-raw", prefix: "dead-letter/", isPathStyle: false },
      telemetry: { namespace: "Customer360", logLevel: "INFO" },
    });
    expect(ingestEnvironment({ ...whole, C360_AWS_RAW_CLAIM_SECONDS: "5", C360_AWS_S3_PATH_STYLE: "true" })).toEqual({
      raw: { bucket: "retailer-raw", prefix: "raw/", isPathStyle: true },
      headTable: "raw-head",
      claimMs: 5_000,
      deadLetters: { bucket: "retailer-raw", prefix: "dead-letter/", isPathStyle: true },
      telemetry: { namespace: "Customer360", logLevel: "INFO" },
    });
  });

  test.each(Object.keys(whole))("says that %s is not set, to whoever needs it and nobody else", (name) => {
    const told = Object.values(readers).map((read) => problemOf(() => read({ ...whole, [name]: " " })));
    const problems = told.filter((each) => each instanceof Problem);
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.length).toBeLessThan(4);
    for (const problem of problems) {
      expect(problem).toMatchObject({ status: 422, code: "setting_invalid", field: name });
      expect(problem.message).toBe(`${name} is not set`);
    }
  });

  test.each([
    ["C360_AWS_QUEUE_URL", "arn:aws:sqs:eu-central-1:123456789012:events"],
    ["C360_AWS_TOPIC_ARN", "events"],
    ["C360_AWS_STREAM", "arn:aws:kinesis:eu-central-1:123456789012:stream/events"],
    ["C360_AWS_STREAM_MAX_RECORD_KIB", "20000"],
    ["C360_AWS_RAW_BUCKET", "s3://retailer-raw/"],
    ["C360_AWS_RAW_PREFIX", "raw"],
    ["C360_AWS_RAW_PREFIX", "/raw/"],
    ["C360_AWS_RAW_CLAIM_SECONDS", "1.5"],
    ["C360_AWS_DEAD_LETTER_BUCKET", "Retailer"],
    ["C360_AWS_LEASE_SECONDS", "1"],
    ["C360_AWS_HASH_KEY_SECRET", "a secret with spaces"],
    ["C360_AWS_HOME_CURRENCY", "POUNDS"],
    ["C360_AWS_PORT", "70000"],
    ["C360_AWS_DRAIN_SECONDS", "600"],
    ["C360_AWS_LOG_LEVEL", "loud"],
    ["C360_AWS_S3_PATH_STYLE", "yes"],
  ])("refuses %s=%s, and does not repeat it", (name, value) => {
    const told = Object.values(readers).map((read) => problemOf(() => read({ ...whole, [name]: value })));
    const [problem] = told.filter((each) => each instanceof Problem);
    expect(problem).toMatchObject({ code: "setting_invalid", field: name });
    expect(problem?.message).not.toContain(value);
    expect(problem?.hint).toBeTruthy();
  });

  it("has no name that is not of its kind, and none twice", () => {
    const names = Object.values(variables);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^C360_AWS_[A-Z0-9_]+$/);
  });
});
