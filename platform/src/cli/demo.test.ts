import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { fakeServices } from "../api/services.fake.ts";
import { fakeIo, run } from "./io.fake.ts";

let dir: string;
let server: Server;
/** Batches that were told to come again later. */
let refused: number;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "c360-demo-"));
  refused = 0;
  server = createServer((request, response) => {
    refused++;
    request.resume();
    response.writeHead(429, { "retry-after": "60" });
    response.end(JSON.stringify({ error: { code: "behind", message: "Behind." } }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(dir, { recursive: true, force: true });
});

it("the demo stops at once where its sending waits for a busy platform, and not before that has ended", async () => {
  const services = fakeServices();
  const order: string[] = [];
  const io = fakeIo({
    runtime: {
      openPlatform: async () => ({ services, drained: async () => {}, close: async () => {} }),
      servePlatform: async (_settings, { isPrepared }) => {
        expect(isPrepared).toBe(true);
        return {
          url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
          firstRun: {},
          hasDied: () => false,
          close: async () => void order.push("closed"),
        };
      },
    },
  });
  io.sleep = (_ms, until) =>
    new Promise((_resolve, reject) => {
      until?.addEventListener("abort", () => {
        order.push("woken");
        reject(new Error("aborted"));
      });
    });
  const size = ["--customers", "40", "--months", "1", "--data-dir", dir, "--no-open"];
  const done = run(["demo", ...size], io);
  while (refused < 2) await new Promise((resolve) => setTimeout(resolve, 10));
  await new Promise((resolve) => setTimeout(resolve, 50));
  io.signal();
  expect(await done).toMatchObject({ code: 0, err: "" });
  expect(order.slice(0, 2)).toEqual(["woken", "woken"]);
  expect(order.indexOf("closed")).toBeGreaterThan(1);
  expect(io.out).toContain("Stopped. Start it again");
});
