import { existsSync, readdirSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join, posix } from "node:path";
import fastifyStatic from "@fastify/static";
import fastify, { type FastifyReply } from "fastify";

/** The console's built files behind the addresses that neither the gateway nor the API has. */
export interface ConsoleSite {
  /** Whether the request is for the console: its files, and pages that a browser asks for. */
  handles(request: IncomingMessage): boolean;
  handle(request: IncomingMessage, response: ServerResponse): void;
  close(): Promise<void>;
}

/** Addresses of the API: what is unknown below them is told in JSON, not with a page. */
const reserved = /^\/(api|v1|healthz|readyz|metrics|sourceconfig|beacon)(\/|$)/i;
const assets = "/assets/";
/** Names of assets hold a hash of their content. */
const assetSeconds = 365 * 24 * 3_600;

/** Scripts and requests go to this origin only; the component library sets styles from script. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

const notBuilt = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Customer 360</title>
<h1>The console is not built</h1>
<p>The platform runs, and <a href="/api/docs">its API</a> works. To build the console, run this where it is installed,
then reload this page:</p>
<pre>npm run build --workspace console</pre>
</html>
`;

/** `directory`: where `index.html` and `assets/` lie; it may be missing, which `/` then tells. */
export async function createConsoleSite(directory: string): Promise<ConsoleSite> {
  const isBuilt = existsSync(join(directory, "index.html"));
  const files = new Set(isBuilt ? fileAddresses(directory) : []);
  const site = fastify({ forceCloseConnections: "idle" });
  site.addHook("onRequest", async (_request, reply) => {
    reply.headers({
      "content-security-policy": policy,
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cross-origin-opener-policy": "same-origin",
      "permissions-policy": "camera=(), geolocation=(), microphone=()",
    });
  });
  if (isBuilt)
    await site.register(fastifyStatic, { root: directory, serve: false, preCompressed: true, cacheControl: false });
  site.get("/*", async (request, reply) => {
    const path = pathOf(request.url);
    if (!isBuilt)
      return reply.code(503).header("cache-control", "no-store").type("text/html; charset=utf-8").send(notBuilt);
    return sendFile(reply, files.has(path) ? path : "/index.html");
  });
  site.setErrorHandler((_error, _request, reply) =>
    reply.code(400).type("text/plain; charset=utf-8").send("Bad request\n"),
  );
  await site.ready();
  return {
    handles: (request) => isForConsole(request, files),
    handle: (request, response) => site.routing(request, response),
    close: () => site.close(),
  };
}

function sendFile(reply: FastifyReply, path: string): FastifyReply {
  const isAsset = path.startsWith(assets);
  reply.header("cache-control", isAsset ? `public, max-age=${assetSeconds}, immutable` : "no-cache");
  reply.header("vary", "accept-encoding");
  return reply.sendFile(path.slice(1));
}

/** A missing asset stays missing: a page in its place would be run as a script. */
function isForConsole({ method, url, headers }: IncomingMessage, files: ReadonlySet<string>): boolean {
  if (method !== "GET" && method !== "HEAD") return false;
  const path = pathOf(url);
  if (reserved.test(path) || path.includes("%")) return false;
  if (path === "/" || files.has(path)) return true;
  return !path.startsWith(assets) && (headers.accept ?? "").includes("text/html");
}

function pathOf(url = "/"): string {
  return url.split(/[?#]/, 1)[0] ?? "/";
}

/** `/assets/index-….js` and the like; what is compressed beside them and what tools left is not an address. */
function fileAddresses(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".br") && !entry.name.endsWith(".gz"))
    .map((entry) => posix.join("/", entry.parentPath.slice(directory.length).replaceAll("\\", "/"), entry.name))
    .filter((path) => !path.includes("/."));
}
