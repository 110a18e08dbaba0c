import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { mustBeAllowed } from "./backupFolder.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "c360-allowed-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const path = (...names: string[]): string => join(folder, ...names);

describe("the folder of a backup by the API", () => {
  it.each([
    ["the folder itself", ["backups"]],
    ["one under it, there or not", ["backups", "of", "today"]],
    ["one whose name begins with dots", ["backups", "..today"]],
  ])("may be %s", (_, names) => {
    expect(() => mustBeAllowed(path(...names), { backupDir: path("backups"), isOperator: false })).not.toThrow();
  });

  it.each([
    ["beside it", ["other"]],
    ["around it", []],
    ["out of it again", ["backups", "..", "other"]],
    ["named alike", ["backups2"]],
    ["reached by a link in it", ["backups", "link", "x"]],
  ])("may not be %s", (_, names) => {
    mkdirSync(path("backups"));
    mkdirSync(path("secret"));
    symlinkSync(path("secret"), path("backups", "link"));
    const wanted = `${folder}/${names.join("/")}`;
    expect(() => mustBeAllowed(wanted, { backupDir: path("backups"), isOperator: false })).toThrow(
      expect.objectContaining({ status: 403, code: "backup_directory_not_allowed", field: "directory" }),
    );
    expect(() => mustBeAllowed(wanted, { backupDir: path("backups"), isOperator: true })).not.toThrow();
  });

  it("may be none where none is set, and must be a path from the root for anybody", () => {
    expect(() => mustBeAllowed(path("x"), { backupDir: null, isOperator: false })).toThrow(
      expect.objectContaining({ status: 403, hint: expect.stringContaining("C360_BACKUP_DIR") }),
    );
    for (const wanted of ["backups", "", "/a\0b"]) {
      expect(() => mustBeAllowed(wanted, { backupDir: "/", isOperator: true })).toThrow(
        expect.objectContaining({ status: 422, code: "backup_directory_unusable" }),
      );
    }
  });

  it("follows a link that the operator has set", () => {
    mkdirSync(path("disk"));
    symlinkSync(path("disk"), path("backups"));
    const backupDir = path("backups");
    expect(() => mustBeAllowed(path("disk", "today"), { backupDir, isOperator: false })).not.toThrow();
    expect(() => mustBeAllowed(path("backups", "today"), { backupDir, isOperator: false })).not.toThrow();
  });
});
