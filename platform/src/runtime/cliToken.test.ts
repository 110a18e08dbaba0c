import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fakeServices } from "../api/services.fake.ts";
import { issueCliToken, readCliToken } from "./cliToken.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "c360-token-"));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

describe("cli.token", () => {
  it("holds a token that works, for its owner only, until the next start", async () => {
    const { access } = fakeServices();
    expect(readCliToken(dir)).toBeNull();
    await issueCliToken(dir, access);
    const first = readCliToken(dir) ?? "";
    expect(await access.isToken(first)).toBe(true);
    expect(statSync(join(dir, "cli.token")).mode & 0o777).toBe(0o600);
    await access.createToken("of somebody else");
    await issueCliToken(dir, access);
    const second = readCliToken(dir) ?? "";
    expect(second).not.toBe(first);
    expect([await access.isToken(first), await access.isToken(second)]).toEqual([false, true]);
    expect(await access.tokens()).toHaveLength(3);
    expect(readdirSync(dir)).toEqual(["cli.token"]);
  });

  it("does not mind a token that is gone already, or a file that is not one", async () => {
    const { access } = fakeServices();
    writeFileSync(join(dir, "cli.token"), JSON.stringify({ id: "gone", token: "x" }));
    await issueCliToken(dir, access);
    writeFileSync(join(dir, "cli.token"), "not json");
    expect(readCliToken(dir)).toBeNull();
    await issueCliToken(dir, access);
    expect(await access.isToken(readCliToken(dir) ?? "")).toBe(true);
  });
});
