import pino from "pino";
import { defaultDataDir, readSettings, type SettingOverrides, type Settings } from "../runtime/settings.ts";
import type { CliIo } from "./io.ts";
import type { ServedPlatform } from "./platformRuntime.ts";
import { exitCodes } from "./usage.ts";

/** A stop that takes longer is broken off; supervisors kill after ten seconds. */
export const maxStopMs = 9_000;
/** `npm start` passes on the Ctrl-C that the terminal has already delivered: two signals so close are one wish. */
const sameSignalMs = 750;

/**
 * Runs the platform until a signal stops it. The log goes to standard error, what a person needs to standard output;
 * where both are one terminal, a line for each request would bury it.
 */
export async function serve(io: CliIo, flags: SettingOverrides): Promise<number> {
  const isQuiet = io.isTerminal && (io.env["C360_LOG_LEVEL"] ?? "") === "";
  const settings = readSettings(isQuiet ? { ...io.env, C360_LOG_LEVEL: "warn" } : io.env, flags);
  const { servePlatform } = await io.loadRuntime();
  const log = pino({ level: settings.logLevel, base: null }, { write: (line) => io.stderr(line) });
  const stopped = stopSignal(io);
  let platform: ServedPlatform;
  const upgrade = stoppableUpgrade(io, stopped.wished);
  try {
    platform = await servePlatform(settings, { log, onUpgrade: upgrade.begins, onUpgraded: upgrade.ends });
  } catch (error) {
    stopped.forget();
    throw error;
  }
  io.stdout(whatNext(settings, platform));
  await stopped.wished;
  io.stdout("Stopping…\n");
  const isClosed = await withinMs(io, platform.close(), maxStopMs);
  stopped.forget();
  return endOf(io, isClosed, platform);
}

/** The last word, and the exit code: of a platform that was told to stop, one that died, or one that did not close. */
export function endOf(io: CliIo, isClosed: boolean, platform: ServedPlatform): number {
  if (isClosed && !platform.hasDied()) {
    io.stdout("Stopped. Start it again, and it goes on where it was.\n");
    return exitCodes.done;
  }
  const why = isClosed
    ? "processing events stopped by itself (the log says why)"
    : `it did not stop within ${maxStopMs / 1_000} s and is cut off`;
  io.stderr(`error: ${why}; nothing acknowledged is lost\n`);
  if (!isClosed) io.exitNow(exitCodes.failed);
  return exitCodes.failed;
}

/** An upgrade may take long, and what it makes counts only once it is whole: a signal ends it at once. */
function stoppableUpgrade(io: CliIo, wished: Promise<void>): { begins: () => void; ends: () => void } {
  let isUnderWay = false;
  const stop = async (): Promise<void> => {
    await wished;
    if (!isUnderWay) return;
    io.stdout("Stopped. What there was before is as it was; the next start upgrades from the beginning.\n");
    io.exitNow(exitCodes.done);
  };
  void stop();
  return {
    begins: () => {
      isUnderWay = true;
    },
    ends: () => {
      isUnderWay = false;
    },
  };
}

/** `wished` resolves at the first signal; a later one ends the process at once. */
export function stopSignal(io: CliIo): { wished: Promise<void>; forget: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  let firstAt: number | null = null;
  const forget = io.onSignal(() => {
    if (firstAt === null) {
      firstAt = io.now();
      resolve();
    } else if (io.now() - firstAt > sameSignalMs) {
      io.stderr("Stopped at once; nothing acknowledged is lost.\n");
      io.exitNow(exitCodes.failed);
    }
  });
  return { wished: promise, forget };
}

export async function withinMs(io: CliIo, work: Promise<void>, ms: number): Promise<boolean> {
  const timer = new AbortController();
  const late = io.sleep(ms, timer.signal).then(
    () => false,
    () => true,
  );
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    timer.abort();
  }
}

/** What to do next: the address, the key, a line of curl that works as it stands, where the docs are. */
export function whatNext(settings: Settings, { url, firstRun }: Pick<ServedPlatform, "url" | "firstRun">): string {
  const at = settings.dataDir === readSettings({}).dataDir ? "" : ` --data-dir ${quoted(settings.dataDir)}`;
  const key = keyLines(settings, firstRun.writeKey, at);
  const event = `{"userId":"ada","event":"Product Viewed","properties":{"sku":"tea-1","name":"Earl Grey"}}`;
  const token =
    firstRun.token === undefined
      ? `npx c360 tokens create docs${at}`
      : `${firstRun.token}   (shown this once; another: npx c360 tokens create docs${at})`;
  return `
Customer 360 is ready at ${url}
Data: ${settings.dataDir === readSettings({}).dataDir ? defaultDataDir : settings.dataDir}

1. ${key.told}

2. Send an event (in another terminal):
   curl -sS ${url}/v1/track -u ${key.inCurl} -H 'content-type: application/json' -d '${event}'

3. Ask who that is:
   npx c360 profile user_id ada${at}

Console:   ${url}/${firstRun.token === undefined ? "" : `#token=${firstRun.token}`}
API docs:  ${url}/api/docs   (any user name; the password is an API token)
API token: ${token}
Stop:      Ctrl-C

`;
}

function keyLines(settings: Settings, firstKey: string | undefined, at: string): { told: string; inCurl: string } {
  const rotate = `npx c360 sources rotate default${at}`;
  if (settings.writeKey !== null) {
    return { told: "The write key of the source `default` is your C360_WRITE_KEY.", inCurl: `"$C360_WRITE_KEY:"` };
  }
  if (firstKey !== undefined) {
    return {
      told: `The write key of the source \`default\`, shown this once:\n   ${firstKey}\n   Lost it? ${rotate}`,
      inCurl: quoted(`${firstKey}:`),
    };
  }
  return {
    told: `The write key of the source \`default\` was shown at the first start. A new one:\n   ${rotate}`,
    inCurl: "WRITE_KEY:",
  };
}

/** For a POSIX shell. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
