import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Logger } from "pino";
import { createConsoleSite } from "../api/consoleSite.ts";
import { createApi } from "../api/server.ts";
import { answerClientError, gatewayServerOptions } from "../gateway/gateway.ts";
import { Problem } from "../model/problem.ts";
import { platformVersion } from "../model/version.ts";
import { issueCliToken } from "./cliToken.ts";
import { connectionLimit, openFilesLimit } from "./connectionLimit.ts";
import { tellingDiskFull } from "./diskFull.ts";
import { openPlatform, type OpenOptions, type Platform } from "./embedded.ts";
import { prepareFirstRun, useWriteKey, type FirstRun } from "./firstRun.ts";
import { rebuildPlatform } from "./rebuild.ts";
import type { Settings } from "./settings.ts";
import { asWork, startTelemetry, type Telemetry } from "./telemetry/telemetry.ts";

/** Requests under way may end within it; then their connections are cut. */
const maxDrainMs = 3_000;
/** Built by `npm ci` (the root's `prepare`). */
const consoleDirectory = join(import.meta.dirname, "../../../console/dist");

export interface ServeOptions {
  log: Logger;
  /** Whoever starts it makes its sources and tokens: no source `default` is wanted. */
  isPrepared?: boolean;
  /** The state is of an older program: it is folded anew before anything is served, which may take long. */
  onUpgrade?: () => void;
  /** The new state has taken the old one's place; nothing is served yet. */
  onUpgraded?: () => void;
}

export interface ServedPlatform {
  url: string;
  firstRun: FirstRun;
  /** Ingestion ended by itself, and the process is told to stop: it did not do what it is there for. */
  hasDied(): boolean;
  close(): Promise<void>;
}

/** The platform behind one port: ingestion by the gateway, the console's pages and files, everything else by the API. */
export async function servePlatform(settings: Settings, options: ServeOptions): Promise<ServedPlatform> {
  const telemetry = await telemetryOf(settings, options.log);
  try {
    const { close, ...served } = await serveTold(settings, { ...options, telemetry });
    return { ...served, close: () => close().finally(() => telemetry?.close()) };
  } catch (error) {
    await telemetry?.close();
    throw error;
  }
}

type ToldOptions = ServeOptions & { telemetry: Telemetry | null };

async function serveTold(settings: Settings, options: ToldOptions): Promise<ServedPlatform> {
  const { log, telemetry } = options;
  let hasDied = false;
  const platform = await openUpgrading(settings, options, {
    telemetry,
    onTrouble: (message) => log.warn({ trouble: message }, "retrying"),
    onDeath: (error) => {
      log.fatal({ error: error.name, ...toldBy(error) }, "ingestion stopped; exiting");
      hasDied = true;
      process.kill(process.pid, "SIGTERM");
    },
  });
  try {
    const served = await tellingDiskFull(settings.dataDir, () => serveOn(platform, settings, options));
    return { ...served, hasDied: () => hasDied };
  } catch (error) {
    await platform.close();
    throw error;
  }
}

async function telemetryOf({ telemetry: settings }: Settings, log: Logger): Promise<Telemetry | null> {
  for (const setting of settings.ignored) log.warn({ setting }, "telemetry");
  const onTrouble = (told: object): void => log.warn(told, "telemetry is not delivered");
  const telemetry = await startTelemetry({ settings, onTrouble });
  const { traces, metrics } = settings;
  if (telemetry !== null) log.info({ traces: traces !== null, metrics: metrics !== null }, "telemetry is sent");
  return telemetry;
}

const upgradeToldEveryMs = 10_000;

/**
 * A state of an older version is made anew from the log, beside the old one, which is there until the new one is whole:
 * whoever is asked to call `c360 rebuild` would get the same, later.
 */
async function openUpgrading(settings: Settings, options: ToldOptions, open: OpenOptions): Promise<Platform> {
  try {
    return await openPlatform(settings, open);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== "state_older") throw error;
    const { log, onUpgrade, onUpgraded, telemetry } = options;
    log.warn({ reason: error.message }, "upgrading: the log is folded again; nothing is served before");
    onUpgrade?.();
    let toldAt = performance.now();
    const progress = (done: number, total: number): void => {
      if (performance.now() - toldAt < upgradeToldEveryMs) return;
      toldAt = performance.now();
      log.warn({ percent: Math.floor((100 * done) / Math.max(1, total)) }, "upgrading");
    };
    const rebuild = () => rebuildPlatform(settings, { verify: false, progress });
    const { records } = await asWork(telemetry, "rebuild", rebuild, {
      ended: (rebuilt) => ({ "c360.records": rebuilt.records }),
    });
    log.warn({ records }, "upgraded");
    onUpgraded?.();
    return openPlatform(settings, open);
  }
}

/** A Problem says what to do, and quotes no event; the messages of other errors might. */
function toldBy(error: Error): { code?: string; reason?: string; hint?: string } {
  if (!(error instanceof Problem)) return {};
  const { code, message, hint } = error;
  return { code, reason: message, ...(hint === undefined ? {} : { hint }) };
}

async function serveOn(
  platform: Platform,
  settings: Settings,
  options: ToldOptions,
): Promise<Omit<ServedPlatform, "hasDied">> {
  await useWriteKey(platform.access, settings);
  const { telemetry } = options;
  const api = await createApi(platform.services, {
    version: platformVersion,
    administratorToken: settings.apiToken,
    logger: options.log,
    ...(telemetry === null ? {} : { onRouted: telemetry.routed }),
  });
  await api.ready();
  const consoleSite = await createConsoleSite(consoleDirectory);
  const { gateway } = platform;
  const answer: RequestListener = (request, response) => {
    if (gateway.handles(request)) gateway.handle(request, response);
    else if (consoleSite.handles(request)) consoleSite.handle(request, response);
    else api.routing(request, response);
  };
  const traced: RequestListener = (request, response) => {
    const route = gateway.patternOf(request) ?? (consoleSite.handles(request) ? "/*" : null);
    telemetry?.handling(request, response, route, () => answer(request, response));
  };
  const server = createServer(gatewayServerOptions, telemetry === null ? answer : traced);
  server.on("clientError", answerClientError);
  server.maxConnections = connectionLimit(openFilesLimit());
  const url = await listen(server, settings);
  const firstRun = options.isPrepared === true ? {} : await prepareFirstRun(platform.access, settings);
  await issueCliToken(settings.dataDir, platform.access);
  await platform.lock.setUrl(url);
  const close = async (): Promise<void> => {
    platform.closeStreams();
    await stopListening(server);
    await consoleSite.close();
    await api.close();
    await platform.close();
  };
  return { url, firstRun, close };
}

async function listen(server: Server, { host, port }: Settings): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === "EADDRINUSE";
      const why = isTaken ? "it is in use" : (error.code ?? error.name);
      const hint = isTaken
        ? `Is it running already? Otherwise choose another port: C360_PORT=${port < 65_535 ? port + 1 : port - 1}`
        : "Choose an address of this machine with C360_HOST.";
      reject(new Problem(409, "cannot_listen", `Cannot listen on ${host}:${port}: ${why}.`, { hint }));
    });
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  return `http://${host.includes(":") ? `[${host}]` : host}:${address.port}`;
}

async function stopListening(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), maxDrainMs);
  await closed;
  clearTimeout(cut);
}
