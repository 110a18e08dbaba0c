import { execFile } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { until } from "./polling.ts";
import { readsOf } from "./reads.ts";
import { keepAliveAgent, postBody, startSender } from "./senders.ts";
import { apiToken, freePort, openSite, type Site, writeKey } from "./server.ts";

const run = promisify(execFile);

let site: Site;
beforeEach(async () => {
  site = await openSite();
});
afterEach(() => site.close());

/** Nothing set but the port and the directory: as somebody starts it for the first time. */
const unset = { C360_WRITE_KEY: "", C360_API_TOKEN: "" };

describe("the start", () => {
  it("says what to do next, and that works as printed", async () => {
    const server = await site.start({ env: unset });
    const curl = /^ *(curl .*)$/m.exec(server.stdout())?.[1] ?? "";
    expect((await run("sh", ["-c", curl])).stdout).toBe('{"success":true}');
    const [, docs = "", token = ""] = /API docs: +(\S+)[^]*API token: +(\S+)/.exec(server.stdout()) ?? [];
    const basic = Buffer.from(`anybody:${token}`).toString("base64");
    const page = await fetch(docs, { headers: { authorization: `Basic ${basic}` } });
    expect([page.status, page.headers.get("content-type")]).toEqual([200, expect.stringContaining("text/html")]);
    expect(server.stdout()).toContain(`Customer 360 is ready at ${site.url}`);
    const found = await site.verb(["profile", "user_id", "ada"], { env: unset });
    expect(found).toMatchObject({ code: 0, stderr: "" });
    expect(found.stdout).toContain("ada");
    expect(server.stderr()).not.toContain("error");
  });

  it("goes on where it was after Ctrl-C, with the same keys", async () => {
    const first = await site.start({ env: unset });
    const curl = /^ *(curl .*)$/m.exec(first.stdout())?.[1] ?? "";
    const token = /API token: +(\S+)/.exec(first.stdout())?.[1] ?? "";
    const reads = readsOf(site.url, token);
    await run("sh", ["-c", curl]);
    expect(await first.stop()).toMatchObject({ code: 0, signal: null });

    const second = await site.start({ env: unset });
    expect(second.stdout()).toContain("was shown at the first start");
    expect((await reads.someone("user_id", "ada")).computed.eventCount).toBe(1);
    await run("sh", ["-c", curl]);
    await reads.settled();
    expect((await reads.someone("user_id", "ada")).computed.eventCount).toBe(2);
    expect(await reads.value("select count(*) from events")).toBe(2);
    expect(await second.stop()).toMatchObject({ code: 0 });
  });

  it("is refused where another server is, which does not notice", async () => {
    const server = await site.start();
    const other = await site.verb(["serve"], { env: { C360_PORT: "0" } });
    expect(other).toMatchObject({ code: 1, stdout: "" });
    expect(other.stderr).toContain(`in use by process ${server.pid}, which serves at ${site.url}`);
    expect(other.stderr).not.toMatch(/^ +at /m);
    expect((await site.reads.status()).pendingRecords).toBe(0);
    expect((await server.stop()).code).toBe(0);
  });

  it("is refused where the port is taken, and leaves the directory free", async () => {
    const server = await site.start();
    const elsewhere = join(site.folder, "elsewhere");
    const env = { C360_DATA_DIR: elsewhere, C360_WRITE_KEY: "", C360_API_TOKEN: "" };
    const refused = await site.verb(["serve"], { env });
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toContain(`Cannot listen on 127.0.0.1:${site.port}: it is in use.`);
    expect(refused.stderr).toContain("C360_PORT");
    expect(refused.stderr).not.toMatch(/^ +at /m);
    const moved = site.launch({ env: { ...env, C360_PORT: String(await freePort()) } });
    await until("the other one is ready", 60_000, () => moved.stdout().includes("is ready at"));
    // What is shown once was not made by the start that nobody could use.
    expect(moved.stdout()).toMatch(/^ +wk_\S+$[^]*#token=c360_/m);
    expect(readdirSync(elsewhere)).toContain("state.sqlite");
    expect((await moved.stop()).code).toBe(0);
    expect((await server.stop()).code).toBe(0);
  });

  it.each([
    ["C360_PORT", "80a"],
    ["C360_HOST", "http://localhost"],
    ["C360_API_TOKEN", "short"],
    ["C360_WRITE_KEY", "has:a:colon"],
    ["C360_LOG_LEVEL", "loud"],
    ["C360_HOME_CURRENCY", "pounds"],
  ])("stops at a wrong %s with the reason", async (name, value) => {
    const { code, stdout, stderr } = await site.verb(["serve"], { env: { [name]: value } });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(`error: ${name} `);
    expect(stderr).toContain("hint: ");
    if (/TOKEN|KEY/.test(name)) expect(stderr).not.toContain(value);
    expect(readdirSync(site.folder)).not.toContain("data");
  });
});

describe("the stop", () => {
  /** Connections as they are when somebody presses Ctrl-C: idle, half a head, half a body. */
  async function openConnections(): Promise<Socket[]> {
    const head = `POST /v1/track HTTP/1.1\r\nhost: x\r\nauthorization: Basic ${btoa(`${writeKey}:`)}\r\n`;
    const beginnings = ["", "GET /readyz HT", `${head}content-length: 500\r\n\r\n{"userId":`];
    return Promise.all(
      beginnings.map(
        (text) =>
          new Promise<Socket>((resolve, reject) => {
            const socket = connect(site.port, "127.0.0.1", () => socket.write(text, () => resolve(socket)));
            socket.on("error", reject);
          }),
      ),
    );
  }

  it.each(["SIGINT", "SIGTERM"] as const)(
    "by %s takes less than ten seconds under load and loses nothing",
    async (name) => {
      const server = await site.start();
      const sender = startSender({ url: site.url, writeKey, name: "s", batchEvents: 50, pauseMs: 0 });
      const sockets = await openConnections();
      for (const socket of sockets) socket.removeAllListeners("error").on("error", () => undefined);
      await until("load", 60_000, () => sender.acknowledged.length > 500);
      if (name === "SIGTERM") process.kill(server.pid, name);
      const ended = await server.stop();
      expect(ended).toMatchObject({ code: 0, signal: null });
      expect(ended.stdout).toContain("Stopped.");
      expect(readdirSync(site.dataDir)).not.toContain("server.json");
      for (const socket of sockets) socket.destroy();

      await site.start();
      await sender.stop();
      await site.reads.settled();
      expect(await site.reads.value("select count(*) from events")).toBe(sender.acknowledged.length);
      expect(await site.reads.value("select sum(net_minor) from orders")).toBe(sender.netMinor());
    },
  );

  it("leaves no more behind each time", async () => {
    const left: string[][] = [];
    for (let times = 0; times < 3; times++) {
      const server = await site.start();
      await site.reads.settled();
      await server.stop();
      left.push(filesUnder(site.dataDir).filter((file) => !file.startsWith("messages/")));
    }
    expect(left[2]).toEqual(left[1]);
  });
});

function filesUnder(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((file) => statSync(join(directory, file)).isFile())
    .sort();
}

describe("secrets and personal data", () => {
  const email = "zoe.private@secret.example";
  const phone = "+442079460018";

  /** Everything that could tempt a log: good and bad calls, personal data in addresses, bodies, SQL and errors. */
  async function useItAll(createdKey: string): Promise<void> {
    const agent = keepAliveAgent();
    const person = { userId: "zoe", event: "Seen", properties: { email, phone }, writeKey };
    const send = (path: string, body: string) => postBody(`${site.url}${path}`, body, writeKey, agent);
    await send("/v1/track", JSON.stringify(person));
    await send("/v1/track", JSON.stringify({ ...person, event: 7 }));
    await send("/v1/track", `{"userId":"${email}`);
    await send(`/v1/nowhere/${email}`, JSON.stringify(person));
    await send("/v1/batch", JSON.stringify({ writeKey, batch: [person, { ...person, type: "track" }, 7] }));
    await postBody(`${site.url}/v1/track`, JSON.stringify(person), createdKey, agent);
    agent.destroy();
    await fetch(`${site.url}/v1/projects/${writeKey}/settings`);
    await fetch(`${site.url}/sourceConfig?writeKey=${createdKey}`);
    const { request } = site.reads;
    await request("GET", `/api/profiles/email/${email}`);
    await request("GET", `/api/profiles/email/nobody-${email}`);
    await request("GET", `/api/profiles/${email}`);
    await request("GET", `/api/identity/why?a=email:${email}&b=user_id:zoe`);
    await request("POST", "/api/profiles/lookup", { type: "email", value: email, [email]: 1 });
    await request("POST", "/api/query", { sql: `select * from profiles where traits like '%${email}%'` });
    await request("POST", "/api/query", { sql: `select '${email}'::integer` });
    await request("POST", "/api/query", { sql: `select * from "${email}"` });
    await request("POST", `/api/imports/default`, {
      calls: [{ type: "track", userId: email, event: "Seen" }, { type: email }],
    });
    await fetch(`${site.url}/api/status`, { headers: { authorization: `Bearer ${apiToken}-wrong` } });
  }

  it("are in no log, and no key or token is in any file in clear", async () => {
    const server = await site.start({ env: { C360_LOG_LEVEL: "trace" } });
    const created = await fetch(`${site.url}/api/sources`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${apiToken}`,
        "content-type": "application/json",
        "idempotency-key": "make-it-once",
      },
      body: JSON.stringify({ id: "crm", kind: "crm" }),
    });
    const { writeKey: createdKey } = (await created.json()) as { writeKey: string };
    const { token } = (await site.reads.request("POST", "/api/tokens", { name: "somebody" })).body as { token: string };
    await useItAll(createdKey);
    await site.reads.settled();
    const cliToken = JSON.parse(readFileSync(join(site.dataDir, "cli.token"), "utf8")) as { token: string };
    const secrets = { writeKey, apiToken, createdKey, token, cliToken: cliToken.token };
    expect(Object.values(secrets).every((secret) => secret.length >= 16)).toBe(true);

    const inFiles = (): string[] =>
      filesUnder(site.dataDir).flatMap((file) => {
        const bytes = readFileSync(join(site.dataDir, file));
        return Object.entries(secrets).flatMap(([name, secret]) =>
          bytes.includes(secret) ? [`${name} in ${file}`] : [],
        );
      });
    expect(inFiles()).toEqual(["cliToken in cli.token"]);
    const { stdout, stderr } = await server.stop();
    expect(inFiles()).toEqual(["cliToken in cli.token"]);
    const logged = stdout + stderr;
    expect(logged).toContain("/api/profiles/:type/:value");
    for (const said of [...Object.values(secrets), email, "zoe.private", phone, encodeURIComponent(email)]) {
      expect(logged.split("\n").filter((line) => line.includes(said))).toEqual([]);
    }
    expect(statSync(join(site.dataDir, "cli.token")).mode & 0o777).toBe(0o600);
    expect(statSync(site.dataDir).mode & 0o077).toBe(0);
  });
});
