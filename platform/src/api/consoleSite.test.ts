import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createConsoleSite, type ConsoleSite } from "./consoleSite.ts";

const page = "<!doctype html><title>Console</title>";
const script = `console.log("${"x".repeat(2_000)}")`;
let folder: string;
let site: ConsoleSite;
let server: Server;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "c360-console-"));
});
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  await site.close();
  rmSync(folder, { recursive: true });
});

function build(): string {
  const dist = join(folder, "dist");
  mkdirSync(join(dist, "assets"), { recursive: true });
  mkdirSync(join(dist, ".vite"));
  writeFileSync(join(folder, "secret.txt"), "not for anybody");
  writeFileSync(join(dist, "index.html"), page);
  writeFileSync(join(dist, "assets/index-abc.js"), script);
  writeFileSync(join(dist, "assets/index-abc.js.gz"), gzipSync(script));
  writeFileSync(join(dist, ".vite/manifest.json"), "{}");
  return dist;
}

/** The console before an API that answers everything else with 404 in JSON. */
async function start(dist: string): Promise<void> {
  site = await createConsoleSite(dist);
  server = createServer((incoming, response) => {
    if (site.handles(incoming)) return site.handle(incoming, response);
    response.writeHead(404, { "content-type": "application/json" }).end("from the API");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
}

interface Answer {
  status: number;
  headers: Record<string, unknown>;
  body: Buffer;
}

/** As it stands: fetch would mend the path first. */
function get(path: string, { accept = "text/html", method = "GET", encoding = "identity" } = {}): Promise<Answer> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const headers = { accept, "accept-encoding": encoding };
    const sending = request({ port, host: "127.0.0.1", path, method, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }),
      );
    });
    sending.on("error", reject).end();
  });
}

describe("the console's files", () => {
  beforeEach(() => start(build()));

  it("are one page for every address of the console, asked again each time, framed by nobody", async () => {
    for (const path of ["/", "/sources/web", "/customers/p_1?tab=x", "/apiary"]) {
      const { status, headers, body } = await get(path);
      expect({ path, status, body: body.toString() }).toEqual({ path, status: 200, body: page });
      expect(headers).toMatchObject({
        "cache-control": "no-cache",
        "content-type": "text/html; charset=utf-8",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
      });
      const policy = String(headers["content-security-policy"]);
      expect(policy).toContain("script-src 'self';");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).toContain("connect-src 'self'");
    }
  });

  it("with a hash in their name are kept for ever, compressed where that is understood", async () => {
    const plain = await get("/assets/index-abc.js", { accept: "*/*" });
    expect(plain.body.toString()).toBe(script);
    expect(plain.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    const packed = await get("/assets/index-abc.js", { accept: "*/*", encoding: "gzip" });
    expect(packed.headers).toMatchObject({ "content-encoding": "gzip", vary: "accept-encoding" });
    expect(packed.headers["content-type"]).toMatch(/javascript/);
    expect(gunzipSync(packed.body).toString()).toBe(script);
  });

  it("leave to the API what is the API's, and what no browser asks for as a page", async () => {
    const others = ["/api", "/api/nope", "/API/nope", "/v1/nope", "/healthz", "/readyz", "/metrics", "/sourceConfig"];
    for (const path of [...others, "/assets/index-old.js", "/%2e%2e/secret.txt", "/%zz"]) {
      expect({ path, status: (await get(path)).status }).toEqual({ path, status: 404 });
    }
    expect((await get("/nope", { accept: "application/json" })).status).toBe(404);
    expect((await get("/", { method: "POST" })).status).toBe(404);
    expect((await get("/", { accept: "*/*" })).status).toBe(200);
    const head = await get("/", { method: "HEAD" });
    expect([head.status, head.body.length]).toEqual([200, 0]);
  });

  it("are never those beside them", async () => {
    for (const path of ["/../secret.txt", "/.vite/manifest.json", "/assets/../../secret.txt", "//secret.txt"]) {
      const { body } = await get(path);
      expect(body.toString()).not.toMatch(/not for anybody|^\{/);
    }
  });
});

it("a console that is not built says how to build it, and is there as soon as it is", async () => {
  await start(join(folder, "dist"));
  const { status, body } = await get("/");
  expect(status).toBe(503);
  expect(body.toString()).toContain("npm run build --workspace console");
  build();
  expect((await get("/")).body.toString()).toBe(page);
  expect((await get("/assets/index-abc.js", { accept: "*/*" })).body.toString()).toBe(script);
});
