import { createServer, type ServerResponse } from "node:http";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { basename, dirname, join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { launchBrowser } from "./browser.ts";

const require = createRequire(import.meta.url);
/** The browser build, with the pieces that it loads when it needs them. */
const sdkFolder = join(dirname(require.resolve("@segment/analytics-next/package.json")), "dist/umd");

/** A shop's web site, at an origin of its own, that uses `@segment/analytics-next`. */
export interface Shop {
  readonly url: string;
  close(): Promise<void>;
}

export async function openShop(): Promise<Shop> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://shop").pathname;
    if (path.startsWith("/sdk/")) void serveSdk(basename(path), response);
    else if (path === "/favicon.ico") response.writeHead(204).end();
    else {
      response.setHeader("content-type", "text/html; charset=utf-8");
      response.end(`<!doctype html><title>Tea ${path}</title><script src="/sdk/index.js"></script><h1>Tea</h1>`);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function serveSdk(name: string, response: ServerResponse): Promise<void> {
  try {
    const script = await readFile(join(sdkFolder, name));
    response.setHeader("content-type", "text/javascript; charset=utf-8");
    response.end(script);
  } catch {
    response.writeHead(404).end();
  }
}

/** Whatever a page asks for elsewhere is not found, instead of being sent there. */
export function openBrowser(): Promise<Browser> {
  return launchBrowser(["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]);
}

/** A visitor with an empty profile, and everything that the page asked for and complained about. */
export interface Visitor {
  readonly page: Page;
  /** As `POST http://…`, all hosts. */
  readonly requests: string[];
  readonly complaints: string[];
  close(): Promise<void>;
}

export async function visit(browser: Browser, url: string): Promise<Visitor> {
  const context = await browser.newContext();
  const requests: string[] = [];
  const complaints: string[] = [];
  context.on("request", (request) => requests.push(`${request.method()} ${request.url()}`));
  context.on("weberror", (error) => complaints.push(error.error().message));
  const page = await context.newPage();
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  await page.goto(url);
  return { page, requests, complaints, close: () => context.close() };
}
