import { statSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
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
/** Of a file of the build: nothing hidden, nothing above, no other writing of the same. */
const fileAddress = /^(\/[A-Za-z0-9_-][A-Za-z0-9_.-]*){1,3}$/;
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

/**
 * `directory`: where `index.html` and `assets/` lie. It may be missing, which `/` then tells, and it may be built anew
 * while this runs: what is there is looked up with each request.
 */
export async function createConsoleSite(directory: string): Promise<ConsoleSite> {
  const isFile = (path: string): boolean =>
    fileAddress.test(path) && (statSync(join(directory, path), { throwIfNoEntry: false })?.isFile() ?? false);
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
  await site.register(fastifyStatic, {
    root: directory,
    serve: false,
    preCompressed: true,
    cacheControl: false,
    suppressWarning: true,
  });
  site.get("/*", async (request, reply) => {
    const path = pathOf(request.url);
    if (isFile("/index.html")) return sendFile(reply, isFile(path) ? path : "/index.html");
    return reply.code(503).header("cache-control", "no-store").type("text/html; charset=utf-8").send(notBuilt);
  });
  site.setErrorHandler((_error, _request, reply) =>
    reply.code(400).type("text/plain; charset=utf-8").send("Bad request\n"),
  );
  await site.ready();
  return {
    handles: (request) => isForConsole(request, isFile),
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
function isForConsole({ method, url, headers }: IncomingMessage, isFile: (path: string) => boolean): boolean {
  if (method !== "GET" && method !== "HEAD") return false;
  const path = pathOf(url);
  if (reserved.test(path) || path.includes("%")) return false;
  if (path === "/" || isFile(path)) return true;
  return !path.startsWith(assets) && (headers.accept ?? "").includes("text/html");
}

function pathOf(url = "/"): string {
  return url.split(/[?#]/, 1)[0] ?? "/";
}
