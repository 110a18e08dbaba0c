import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openConnections, type Connections } from "./connections.ts";
import { cpuByThread, residentBytes, type CpuByThread } from "./threadCpu.ts";

const startWithinMs = 60_000;
const stopWithinMs = 60_000;
const memorySampleMs = 250;
const statusConnections = 16;

export interface ServerStatus {
  pendingRecords: number;
  acceptedRecords: number;
  processedRecords: number;
  /** UTC ms: what SQL and timelines hold. */
  analyticsAsOf: number;
  /** UTC ms: what search finds. */
  searchAsOf: number;
  /** UTC ms: what resembles whom. */
  reviewsAsOf: number;
}

/** A platform in a process of its own, as users run it. */
export interface Server {
  url: string;
  writeKey: string;
  /** Bearer of an administrator. */
  authorization: string;
  status(): Promise<ServerStatus>;
  cpu(): CpuByThread;
  /** Bytes; null where it cannot be measured. `peak` is since the last call. */
  memory(): { resident: number | null; peak: number | null };
  stop(): Promise<void>;
}

export interface ServerOptions {
  dataDir: string;
  /** Where its output goes. */
  logFile: string;
  /** Directory for one .cpuprofile a thread, written when it stops. */
  cpuProfileDir?: string;
}

/** Starts `c360 serve` with this Node and resolves when it answers /readyz. Stop it, or it outlives this process. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const writeKey = randomBytes(16).toString("hex");
  const token = randomBytes(16).toString("hex");
  const port = await freePort();
  const output = openSync(options.logFile, "a");
  const flags = options.cpuProfileDir === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${options.cpuProfileDir}`];
  const program = fileURLToPath(new URL("../../platform/bin/c360.js", import.meta.url));
  const child = spawn(process.execPath, [...flags, program, "serve"], {
    stdio: ["ignore", output, output],
    env: {
      ...process.env,
      C360_PORT: String(port),
      C360_HOST: "127.0.0.1",
      C360_DATA_DIR: options.dataDir,
      C360_WRITE_KEY: writeKey,
      C360_API_TOKEN: token,
    },
  });
  const url = `http://127.0.0.1:${port}`;
  const authorization = `Bearer ${token}`;
  const connections = openConnections(url, authorization, statusConnections);
  await ready(child, connections, options.logFile);
  return serverOver(child, connections, { url, writeKey, authorization });
}

function serverOver(
  child: ChildProcess,
  connections: Connections,
  at: Pick<Server, "url" | "writeKey" | "authorization">,
): Server {
  const pid = child.pid ?? 0;
  const ended = once(child, "exit");
  let peak: number | null = null;
  const sample = (): number | null => {
    const resident = residentBytes(pid);
    if (resident !== null) peak = Math.max(peak ?? 0, resident);
    return resident;
  };
  const sampling = setInterval(sample, memorySampleMs);
  return {
    ...at,
    status: async () => statusOf(await connections.get("/api/status")),
    cpu: () => cpuByThread(pid),
    memory: () => {
      const told = { resident: sample(), peak };
      peak = null;
      return told;
    },
    stop: async () => {
      clearInterval(sampling);
      connections.close();
      child.kill("SIGTERM");
      const giveUp = setTimeout(() => child.kill("SIGKILL"), stopWithinMs);
      await ended;
      clearTimeout(giveUp);
    },
  };
}

function statusOf({ status, body }: { status: number; body: string }): ServerStatus {
  if (status !== 200) throw new Error(`/api/status answered ${status}: ${body.slice(0, 300)}`);
  const told = JSON.parse(body) as Record<"analytics" | "search" | "reviews", { asOf: string | null }> & ServerStatus;
  const asOf = (of: { asOf: string | null }): number => (of.asOf === null ? 0 : Date.parse(of.asOf));
  const [analyticsAsOf, searchAsOf, reviewsAsOf] = [told.analytics, told.search, told.reviews].map(asOf);
  return { ...told, analyticsAsOf: analyticsAsOf ?? 0, searchAsOf: searchAsOf ?? 0, reviewsAsOf: reviewsAsOf ?? 0 };
}

async function ready(child: ChildProcess, connections: Connections, logFile: string): Promise<void> {
  const startedAt = performance.now();
  while (performance.now() - startedAt < startWithinMs) {
    if (child.exitCode !== null) break;
    const answer = await connections.get("/readyz").catch(() => null);
    if (answer?.status === 200) return;
    await sleep(50);
  }
  child.kill("SIGKILL");
  throw new Error(`the server did not become ready; it said:\n${readFileSync(logFile, "utf8").slice(-2_000)}`);
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}

/** The directory that holds the server's log and data. */
export function serverPaths(directory: string): ServerOptions {
  return { dataDir: join(directory, "data"), logFile: join(directory, "server.log") };
}
