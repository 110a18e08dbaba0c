import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { rename } from "node:fs/promises";
import { finished } from "node:stream/promises";
import { Problem } from "../model/problem.ts";
import { sourceKinds, type SourceKind } from "../model/source.ts";
import type { SimulatedCall } from "../simulator/scene.ts";
import type { Connection } from "./connection.ts";
import { type Clock, tried } from "./importSending.ts";
import { answerOf, post } from "./transport.ts";
import { wrongUsage } from "./usage.ts";

/** Where simulated calls go. */
export interface CallSink {
  /** Taken for good when it resolves: acknowledged by a server, or on its way to the file. */
  take(calls: readonly SimulatedCall[]): Promise<void>;
  /** After the last call. */
  finish(): Promise<void>;
}

/** No simulated call has more than 1.6 KB, and the wire takes 500 KB a batch. */
const maxBatchCalls = 250;

export type WriteKeys = Readonly<Record<SourceKind, string>>;

const sourceNames: Readonly<Record<SourceKind, string>> = {
  crm: "CRM and service desk",
  erp: "ERP",
  pos: "Tills",
  iot: "Beacons and shelves",
  social: "Social networks",
  web: "Web shop",
  mobile: "Mobile app",
};

export type SourceKeeper = Pick<Connection, "sources" | "createSource" | "rotateWriteKey">;

/**
 * The write keys of the seven sources, whose ids are their kinds: those given, new sources' where there is none yet,
 * and with `mayRotate` new keys of those that are there. Problem 409 `write_keys_needed` otherwise: a new key would
 * stop whoever sends with the old one.
 */
export async function writeKeysOf(
  keeper: SourceKeeper,
  given: Partial<WriteKeys>,
  mayRotate: boolean,
): Promise<WriteKeys> {
  const known = new Set((await keeper.sources()).map(({ id }) => id));
  const lacking = sourceKinds.filter((kind) => given[kind] === undefined && known.has(kind));
  if (lacking.length > 0 && !mayRotate) {
    throw new Problem(409, "write_keys_needed", `Sources are there already: ${lacking.join(", ")}.`, {
      hint: `Give their write keys (--key ${lacking[0] ?? "web"}=KEY …), or make new ones with --rotate-keys.`,
    });
  }
  const keys: Partial<Record<SourceKind, string>> = {};
  for (const kind of sourceKinds) keys[kind] = given[kind] ?? (await newKey(keeper, kind, known.has(kind)));
  return keys as WriteKeys;
}

async function newKey(keeper: SourceKeeper, kind: SourceKind, isKnown: boolean): Promise<string> {
  if (isKnown) return (await keeper.rotateWriteKey(kind)).writeKey;
  return (await keeper.createSource({ id: kind, kind, name: sourceNames[kind] })).writeKey;
}

/** Makes the sources that are missing, for those who send without keys. */
export async function ensureSources(keeper: SourceKeeper): Promise<void> {
  const known = new Set((await keeper.sources()).map(({ id }) => id));
  for (const kind of sourceKinds) if (!known.has(kind)) await newKey(keeper, kind, false);
}

interface SinkWorld {
  clock: Clock;
  onWait(message: string): void;
}

/** Systems whose libraries pack what they send, as those for apps and for Java do. */
const packing: ReadonlySet<SourceKind> = new Set(["mobile", "erp", "crm"]);

/** Each system sends its own calls with its own key, in batches, as an SDK does; all systems at once. */
export function wireSink(url: string, keys: WriteKeys, world: SinkWorld): CallSink {
  return batchSink(async (source, calls) => {
    const authorization = `Basic ${Buffer.from(`${keys[source]}:`).toString("base64")}`;
    const body = { batch: calls.map(({ call }) => call) };
    await tried(async () => {
      const { status, text, retryAfter } = await post(
        `${url}/v1/batch`,
        "POST",
        { authorization },
        body,
        packing.has(source),
      );
      if (status === 401) {
        throw new Problem(401, "write_key_unknown", `The server does not know the write key of ${source}.`, {
          hint: `Make a new one with: c360 sources rotate ${source}`,
        });
      }
      return answerOf(status, text, retryAfter);
    }, world);
  });
}

/** Into a platform that is open in this process. */
export function directSink(connection: Pick<Connection, "submit">, world: SinkWorld): CallSink {
  return batchSink(async (source, calls) => {
    const bodies = calls.map(({ call }) => call);
    await tried(() => connection.submit(source, bodies), world);
  });
}

function batchSink(send: (source: SourceKind, calls: readonly SimulatedCall[]) => Promise<void>): CallSink {
  return {
    take: async (calls) => {
      const sent: Promise<void>[] = [];
      for (const [source, own] of Map.groupBy(calls, (one) => one.source)) {
        for (let from = 0; from < own.length; from += maxBatchCalls) {
          sent.push(send(source, own.slice(from, from + maxBatchCalls)));
        }
      }
      await Promise.all(sent);
    },
    finish: async () => {},
  };
}

/**
 * NDJSON of which every line names its `source`, for `c360 send`. A file appears under its name when it is whole; `-`
 * is standard output.
 */
export function fileSink(file: string): CallSink {
  if (file === "-") return streamSink(process.stdout, async () => {});
  const stream = createWriteStream(`${file}.part`);
  const opened = once(stream, "open").catch((error: unknown) => {
    throw unwritable(error);
  });
  opened.catch(() => {});
  const sink = streamSink(stream, async () => {
    stream.end();
    await finished(stream);
    await rename(`${file}.part`, file);
  });
  return {
    take: async (calls) => {
      await opened;
      await sink.take(calls);
    },
    finish: async () => {
      await opened;
      await sink.finish();
    },
  };
}

function streamSink(stream: NodeJS.WritableStream, finish: () => Promise<void>): CallSink {
  return {
    take: async (calls) => {
      const text = calls.map(({ source, call }) => `${JSON.stringify({ source, ...call })}\n`).join("");
      if (!stream.write(text)) await once(stream, "drain");
    },
    finish,
  };
}

export function unwritable(error: unknown): Problem {
  const why = error instanceof Error ? error.message : String(error);
  return wrongUsage(`The file cannot be written: ${why}.`, "Name a file in a folder that is there.");
}
