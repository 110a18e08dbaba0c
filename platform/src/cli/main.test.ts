import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createApi } from "../api/server.ts";
import { ada, type FakeServices, fakeServices, lovelaces } from "../api/services.fake.ts";
import { Problem } from "../model/problem.ts";
import { issueCliToken } from "../runtime/cliToken.ts";
import { type DirectoryLock, lockDirectory } from "../adapters/embedded/directoryLock.ts";
import { fakeIo, type FakeWorld, run } from "./io.fake.ts";

let services: FakeServices;
let app: FastifyInstance;
let url: string;
let dir: string;

beforeEach(async () => {
  services = fakeServices();
  app = await createApi(services);
  url = await app.listen({ port: 0, host: "127.0.0.1" });
  dir = mkdtempSync(join(tmpdir(), "c360-cli-"));
});
afterEach(async () => {
  await app.close();
  rmSync(dir, { recursive: true, force: true });
});

/** Against the server of this test. */
const c360 = (...argv: string[]) => run([...argv, "--url", url, "--token", services.token]);

describe("reading", () => {
  it("shows a profile to a person and to a machine", async () => {
    const told = await c360("profile", "email", "ada@example.com", "--events", "2");
    expect(told.code).toBe(0);
    for (const part of [
      ada.id,
      "ada@example.com",
      "GBP 123.45, JPY 900",
      "shared by 2 people",
      "firstName",
      "marketing.email",
      "Product Viewed",
    ]) {
      expect(told.out).toContain(part);
    }
    const { code, json } = await c360("profile", "email", "ada@example.com", "--json");
    expect([code, json]).toEqual([0, { ...ada, household: { id: lovelaces.id, people: 2 } }]);
    expect((await c360("profile", "user_id", "ada", "--json", "--events", "3")).json.events).toHaveLength(3);
  });

  it("fails with what is wrong and how to mend it, and no stack", async () => {
    const { code, out, err } = await c360("profile", "email", "nobody@example.com");
    expect([code, out]).toEqual([1, ""]);
    expect(err).toMatch(/^error: There is no such profile\.\nhint: .+\n$/);
    const { json, ...asJson } = await c360("profile", "email", "nobody@example.com", "--json");
    expect([asJson.code, json, JSON.parse(asJson.err).error.code]).toEqual([1, null, "profile_not_found"]);
  });

  it("says why two identifiers are one person, or not", async () => {
    const same = await c360("why", "email:ada@example.com", "user_id:ada");
    expect(same.out).toMatch(/: the same person\nThey were seen together\.\n\nevidence:\n/);
    const apart = await c360("why", "email:ada@example.com", "user_id:bob");
    expect(apart.out).toMatch(/: not the same person[^]*evidence that was refused:[^]*one user_id a person/);
    expect((await c360("why", "a:b", "user_id:ada", "--json")).json).toMatchObject({ samePerson: true });
    expect((await c360("why", "ada", "user_id:ada")).code).toBe(2);
  });

  it("shows rows as a table, CSV or JSON", async () => {
    const sql = "SELECT channel";
    expect((await c360("query", sql)).out.split("\n")).toEqual([
      "channel      net_minor  ok",
      "-----------  ---------  ----",
      "web          974774793  true",
      'po"s, Leeds         -5',
      "",
    ]);
    expect((await c360("query", sql, "--format", "csv")).out).toBe(
      'channel,net_minor,ok\nweb,974774793,true\n"po""s, Leeds",-5,\n',
    );
    for (const flags of [["--json"], ["--format", "json"]]) {
      expect((await c360("query", sql, ...flags)).json).toMatchObject({
        truncated: false,
        rows: [
          ["web", 974774793, true],
          ['po"s, Leeds', -5, null],
        ],
      });
    }
    const cut = await c360("query", sql, "--limit", "1", "--format", "csv");
    expect(cut.err).toContain("cut at 1 rows");
  });

  it("refuses what a query may not, with the server's reason, and Parquet with its own", async () => {
    expect(await c360("query", "DROP TABLE x")).toMatchObject({
      code: 1,
      err: expect.stringContaining("Only one SELECT"),
    });
    expect(await c360("query", "SELECT 1", "--format", "parquet")).toMatchObject({ code: 2, out: "" });
    expect((await c360("query", "SELECT 1", "--format", "xml")).code).toBe(2);
    expect((await c360("query", "SELECT 1", "--format", "csv", "--json")).code).toBe(2);
    expect((await c360("query", "SELECT 1", "--limit", "0")).code).toBe(2);
  });

  it("shows how far everything is", async () => {
    expect((await c360("status")).out).toMatch(/^version {4}0\.1\.0\nreached {4}over HTTP\n/);
    expect((await c360("status", "--json")).json).toMatchObject({ via: "http", acceptedRecords: 12 });
  });
});

describe("sources and tokens", () => {
  it("prints a key alone on standard output, so that a script can take it", async () => {
    const made = await c360("sources", "create", "pos", "--kind", "pos", "--name", "Tills");
    expect(made.out).toMatch(/^wk_pos_\d+\n$/);
    expect(made.err).toContain("shown this once");
    expect((await c360("sources", "rotate", "pos")).out).not.toBe(made.out);
    expect((await c360("sources", "rotate", "pos", "--json")).json.source.id).toBe("pos");
  });

  it("lists, disables and enables", async () => {
    expect((await c360("sources", "disable", "web")).out).toBe("web is disabled\n");
    expect((await c360("sources")).out).toMatch(/web {2}web {3}Web shop {2}no/);
    expect((await c360("sources", "list", "--json")).json.items).toHaveLength(1);
    expect((await c360("sources", "enable", "web", "--json")).json.enabled).toBe(true);
    expect(await c360("sources", "create", "x", "--kind", "fax")).toMatchObject({ code: 2 });
    expect(await c360("sources", "create", "X y", "--kind", "pos")).toMatchObject({ code: 1 });
    expect((await c360("sources", "rotate", "none")).code).toBe(1);
  });

  it("makes, lists and revokes tokens", async () => {
    const { json } = await c360("tokens", "create", "docs", "--json");
    expect((await run(["status", "--url", url, "--token", json.token])).code).toBe(0);
    expect((await c360("tokens")).out).toContain("docs");
    expect((await c360("tokens", "revoke", json.id)).out).toContain("is revoked");
    expect(await run(["status", "--url", url, "--token", json.token])).toMatchObject({ code: 1 });
    expect((await c360("tokens", "create", "again")).out).toMatch(/^tok_\S+\n$/);
  });
});

describe("reaching the platform", () => {
  const directly = (world: FakeWorld = {}): FakeWorld => ({
    ...world,
    runtime: {
      openPlatform: async () => {
        opened++;
        return { services, drained: async () => void drained++, close: async () => void closed++ };
      },
    },
  });
  let opened = 0;
  let drained = 0;
  let closed = 0;
  beforeEach(() => {
    opened = drained = closed = 0;
  });

  it("takes the address and the token from the environment", async () => {
    const env = { C360_URL: `${url}/`, C360_API_TOKEN: services.token };
    expect((await run(["status"], { env })).code).toBe(0);
    expect(await run(["status"], { env: { C360_URL: url } })).toMatchObject({
      code: 2,
      err: expect.stringContaining("no API token"),
    });
    expect((await run(["status", "--url", "localhost:3600", "--token", "x"])).code).toBe(2);
  });

  it("finds the server that holds the data directory, by its lock and its token file", async () => {
    const lock: DirectoryLock = await lockDirectory(dir);
    const before = await run(["status", "--data-dir", dir], directly());
    expect(before).toMatchObject({ code: 1, err: expect.stringContaining("serves no address") });
    await lock.setUrl(url);
    expect(await run(["status", "--data-dir", dir], directly())).toMatchObject({
      code: 1,
      err: expect.stringContaining("cli.token"),
    });
    await issueCliToken(dir, services.access);
    expect((await run(["status", "--json"], directly({ env: { C360_DATA_DIR: dir } }))).json.via).toBe("http");
    expect(opened).toBe(0);
    await lock.release();
  });

  it("opens the directory itself when nobody holds it, and closes it whatever happens", async () => {
    const { code, json } = await run(["profile", "user_id", "ada", "--json", "--data-dir", dir], directly());
    expect([code, json]).toEqual([0, { ...ada, household: { id: lovelaces.id, people: 2 } }]);
    expect([opened, drained, closed]).toEqual([1, 1, 1]);
    expect((await run(["profile", "user_id", "nobody", "--data-dir", dir], directly())).code).toBe(1);
    services.failWith = new Error("broken");
    expect((await run(["profile", "user_id", "ada", "--data-dir", dir], directly())).err).toContain(
      "went wrong inside",
    );
    expect(closed).toBe(3);
  });

  it("makes no directory in order to read it", async () => {
    const none = join(dir, "none");
    expect(await run(["status", "--data-dir", none], directly())).toMatchObject({
      code: 1,
      err: expect.stringContaining("There is no data at"),
    });
    expect((await run(["sources", "create", "pos", "--kind", "pos", "--data-dir", none], directly())).code).toBe(0);
  });

  it("says so when nobody answers, or somebody else does", async () => {
    await app.close();
    const nobody = await c360("status");
    expect(nobody).toMatchObject({ code: 1, err: expect.stringMatching(/No answer from http.*ECONNREFUSED/) });
    app = await createApi(services);
    app.get("/other/api/status", async (_request, reply) => reply.type("text/html").send("<html>"));
    app.get("/json/api/status", async (_request, reply) => reply.code(404).send({ message: "no" }));
    url = await app.listen({ port: 0, host: "127.0.0.1" });
    for (const path of ["other", "json"]) {
      const answer = await run(["status", "--url", `${url}/${path}`, "--token", "x"]);
      expect(answer).toMatchObject({ code: 1, err: expect.stringContaining("not Customer 360") });
    }
  });

  it("refuses a wrong setting with exit code 2 before anything else", async () => {
    const { code, err } = await run(["status", "--data-dir", dir], directly({ env: { C360_PORT: "many" } }));
    expect([code, opened]).toEqual([2, 0]);
    expect(err).toMatch(/^error: C360_PORT is not a port number\nhint: /);
  });
});

describe("rebuilding", () => {
  const rebuilding = (differences: string[]): FakeWorld => ({
    runtime: {
      rebuildPlatform: async (_settings, { progress }) => {
        progress(5, 10);
        return { records: 10, differences };
      },
    },
  });

  it("says what it did, and fails where live state differs", async () => {
    expect(await run(["rebuild", "--data-dir", dir], rebuilding([]))).toMatchObject({
      code: 0,
      out: expect.stringContaining("10 records"),
    });
    const same = await run(["rebuild", "--verify", "--data-dir", dir], rebuilding([]));
    expect(same.out).toContain("exactly the live state");
    const differs = await run(["rebuild", "--verify", "--data-dir", dir], rebuilding(["fragment f1: traits"]));
    expect(differs).toMatchObject({ code: 1, err: "  fragment f1: traits\n" });
    expect((await run(["rebuild", "--json", "--data-dir", dir], rebuilding([]))).json).toMatchObject({
      records: 10,
      verified: false,
    });
  });

  it("needs the directory, and needs it for itself", async () => {
    expect((await run(["rebuild", "--data-dir", join(dir, "none")], rebuilding([]))).code).toBe(1);
    const lock = await lockDirectory(dir);
    expect(await run(["rebuild", "--data-dir", dir], rebuilding([]))).toMatchObject({
      code: 1,
      err: expect.stringContaining("hint: Stop the server"),
    });
    await lock.release();
  });
});

describe("using it", () => {
  const verbs = [
    "serve",
    "import",
    "send",
    "profile",
    "why",
    "query",
    "rebuild",
    "sources",
    "tokens",
    "status",
    "backup",
    "restore",
    "doctor",
  ];
  const nested = [
    ...["list", "create", "rotate", "enable", "disable"].map((verb) => ["sources", verb]),
    ...["list", "create", "revoke"].map((verb) => ["tokens", verb]),
  ];

  it("lists every verb", async () => {
    const { code, out } = await run(["--help"]);
    expect(code).toBe(0);
    for (const verb of verbs) expect(out).toMatch(new RegExp(`^ {2}${verb}\\b`, "m"));
  });

  it.each([...verbs.map((verb) => [verb]), ...nested])("has examples for %s %s", async (...path) => {
    const argv = path.filter((word): word is string => typeof word === "string");
    const { code, out } = await run([...argv, "--help"]);
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`Examples:\n {2}\\$ .*c360 ${argv[0]}`));
    if (argv[0] !== "serve" && argv.join() !== "sources" && argv.join() !== "tokens") expect(out).toContain("--json");
  });

  it.each([
    [["nonsense"]],
    [["profile", "email"]],
    [["profile", "a", "b", "c"]],
    [["query"]],
    [["status", "--nonsense"]],
    [["import", "f.csv"]],
    [["sources", "nonsense"]],
    [[]],
  ])("answers %j with usage and exit code 2", async (argv) => {
    const { code, out, err } = await run(argv);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(/error: |Usage: /);
  });

  it("shows no stack trace of an unforeseen error unless it is asked to", async () => {
    const broken: FakeWorld = { runtime: { openPlatform: () => Promise.reject(new Error("out of luck")) } };
    const quiet = await run(["status", "--data-dir", dir], broken);
    expect(quiet).toMatchObject({ code: 1, err: expect.stringMatching(/^error: out of luck.*\nhint: Please report/) });
    expect(quiet.err).not.toContain("    at ");
    const loud = await run(["status", "--data-dir", dir], { ...broken, env: { C360_LOG_LEVEL: "debug" } });
    expect(loud.err).toContain("    at ");
  });

  it("does not let a customer's name drive the terminal", async () => {
    services.profiles.byIdentifier = async () => ({
      ...ada,
      traits: {
        firstName: { value: "\u001b[2J\u202eevil\r\n", source: "web", messageId: "m", occurredAt: ada.firstSeenAt },
      },
    });
    const { out } = await c360("profile", "user_id", "ada");
    expect(out).toContain("\\u{1b}[2J\\u{202e}evil\\u{d}\\u{a}");
    expect(out).not.toContain("\u001b");
  });

  it("tells an error inside with the request's id, so that it can be found in the log", async () => {
    services.failWith = new Error("broken");
    expect((await c360("profile", "user_id", "ada")).err).toMatch(/requestId [\w-]+/);
    services.failWith = new Problem(503, "stopped", "It stopped.");
    expect((await c360("profile", "user_id", "ada")).err).toContain("error: It stopped.");
  });

  it("is not confused by a file in the directory's place", async () => {
    writeFileSync(join(dir, "file"), "");
    expect((await run(["rebuild", "--data-dir", join(dir, "file")], fakeIo())).code).toBe(1);
  });
});
