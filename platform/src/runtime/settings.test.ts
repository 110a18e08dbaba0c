import { resolve } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Problem } from "../model/problem.ts";
import { readSettings, type SettingOverrides } from "./settings.ts";

function problemOf(env: Record<string, string>, overrides: SettingOverrides = {}): Problem {
  try {
    readSettings(env, overrides);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

describe("readSettings", () => {
  it("needs nothing", () => {
    expect(readSettings({})).toEqual({
      telemetry: { traces: null, metrics: null, ignored: [] },
      port: 3600,
      host: "127.0.0.1",
      dataDir: resolve("data"),
      apiToken: null,
      writeKey: null,
      logLevel: "info",
      homeCurrency: "GBP",
      maxPendingRecords: 1_000_000,
      minFreeBytes: 268_435_456,
      reviewFrom: 0.5,
      linkAutomaticFrom: null,
      backupDir: null,
      archiveAfterMs: 7 * 86_400_000,
      archiveBeyondBytes: 1_073_741_824,
      deleteAfterMs: null,
    });
  });

  it("reads every variable", () => {
    const env = {
      C360_PORT: "0",
      C360_HOST: "::1",
      C360_DATA_DIR: "/srv/c360",
      C360_API_TOKEN: "0123456789abcdef",
      C360_WRITE_KEY: "writekey",
      C360_LOG_LEVEL: "DEBUG",
      C360_HOME_CURRENCY: "eur",
      C360_MAX_PENDING_RECORDS: "10000",
      C360_MIN_FREE_MIB: "0",
      C360_REVIEW_FROM: "0.6",
      C360_LINK_AUTOMATIC_FROM: "0.995",
      C360_BACKUP_DIR: "/var/backups/",
      C360_ARCHIVE_AFTER_DAYS: "0",
      C360_ARCHIVE_BEYOND_MIB: "OFF",
      C360_DELETE_AFTER_DAYS: "400",
    };
    expect(readSettings(env)).toEqual({
      telemetry: { traces: null, metrics: null, ignored: [] },
      port: 0,
      host: "::1",
      dataDir: "/srv/c360",
      apiToken: "0123456789abcdef",
      writeKey: "writekey",
      logLevel: "debug",
      homeCurrency: "EUR",
      maxPendingRecords: 10_000,
      minFreeBytes: 0,
      reviewFrom: 0.6,
      linkAutomaticFrom: 0.995,
      backupDir: "/var/backups",
      archiveAfterMs: 0,
      archiveBeyondBytes: null,
      deleteAfterMs: 400 * 86_400_000,
    });
  });

  it("takes an empty variable as unset, and the command line before the environment", () => {
    const settings = readSettings(
      { C360_PORT: "", C360_API_TOKEN: "", C360_HOST: "::1" },
      { host: "0.0.0.0", dataDir: "d" },
    );
    expect(settings).toMatchObject({ port: 3600, apiToken: null, host: "0.0.0.0", dataDir: resolve("d") });
  });

  it.each([
    ["C360_PORT", "65536"],
    ["C360_PORT", "-1"],
    ["C360_PORT", "80a"],
    ["C360_PORT", "3600.0"],
    ["C360_PORT", " "],
    ["C360_HOST", "http://localhost"],
    ["C360_HOST", "localhost:80"],
    ["C360_HOST", "1.2.3.400"],
    ["C360_HOST", "a b"],
    ["C360_DATA_DIR", "  "],
    ["C360_DATA_DIR", "a\0b"],
    ["C360_API_TOKEN", "short"],
    ["C360_API_TOKEN", "with spaces in it, long"],
    ["C360_API_TOKEN", "x".repeat(257)],
    ["C360_WRITE_KEY", "1234567"],
    ["C360_WRITE_KEY", "has:a:colon"],
    ["C360_LOG_LEVEL", "loud"],
    ["C360_HOME_CURRENCY", "XQX"],
    ["C360_HOME_CURRENCY", "pounds"],
    ["C360_MIN_FREE_MIB", "-1"],
    ["C360_MIN_FREE_MIB", "1048577"],
    ["C360_MIN_FREE_MIB", "1.5"],
    ["C360_MAX_PENDING_RECORDS", "9999"],
    ["C360_MAX_PENDING_RECORDS", "10000001"],
    ["C360_MAX_PENDING_RECORDS", "1,000,000"],
    ["C360_MAX_PENDING_RECORDS", "1e6"],
    ["C360_MAX_PENDING_RECORDS", "-20000"],
    ["C360_REVIEW_FROM", "0.1"],
    ["C360_REVIEW_FROM", "1"],
    ["C360_REVIEW_FROM", "half"],
    ["C360_LINK_AUTOMATIC_FROM", "0.5"],
    ["C360_LINK_AUTOMATIC_FROM", "1.5"],
    ["C360_LINK_AUTOMATIC_FROM", "on"],
    ["C360_BACKUP_DIR", "backups"],
    ["C360_BACKUP_DIR", "/a\0b"],
    ["C360_ARCHIVE_AFTER_DAYS", "-1"],
    ["C360_ARCHIVE_AFTER_DAYS", "36501"],
    ["C360_ARCHIVE_AFTER_DAYS", "never"],
    ["C360_DELETE_AFTER_DAYS", "0"],
    ["C360_DELETE_AFTER_DAYS", "6"],
    ["C360_DELETE_AFTER_DAYS", "36501"],
    ["C360_DELETE_AFTER_DAYS", "a year"],
    ["C360_ARCHIVE_BEYOND_MIB", "1 GiB"],
    ["C360_ARCHIVE_BEYOND_MIB", "1073741825"],
  ])("stops at %s=%j, naming it with how to mend it", (name, value) => {
    const problem = problemOf({ [name]: value });
    expect(problem).toMatchObject({ code: "setting_invalid", field: name });
    expect(problem.message).toContain(name);
    expect(problem.hint).toBeTruthy();
  });

  it("deletes only where that is asked for, and nothing before it is archived", () => {
    const day = 86_400_000;
    const deleteAfterMs = (env: Record<string, string>) => readSettings(env).deleteAfterMs;
    expect(deleteAfterMs({})).toBeNull();
    expect(deleteAfterMs({ C360_DELETE_AFTER_DAYS: "off" })).toBeNull();
    expect(deleteAfterMs({ C360_DELETE_AFTER_DAYS: "7" })).toBe(7 * day);
    expect(deleteAfterMs({ C360_DELETE_AFTER_DAYS: "1", C360_ARCHIVE_AFTER_DAYS: "off" })).toBe(day);
    expect(problemOf({ C360_DELETE_AFTER_DAYS: "29", C360_ARCHIVE_AFTER_DAYS: "30" }).hint).toContain("at least 30");
  });

  it("never quotes a secret", () => {
    const secret = fc.string({ minLength: 4, maxLength: 15, unit: fc.constantFrom("q", "z", "x", "w") });
    fc.assert(
      fc.property(secret, fc.constantFrom("C360_API_TOKEN", "C360_WRITE_KEY"), (value, name) => {
        const { message, hint } = problemOf({ [name]: `${value} ` });
        expect(`${message} ${hint}`).not.toContain(value);
      }),
    );
  });

  it("refuses a wrong override as it refuses a wrong variable", () => {
    expect(problemOf({}, { port: "x" }).field).toBe("C360_PORT");
    expect(problemOf({}, { dataDir: "" }).field).toBe("C360_DATA_DIR");
  });
});
