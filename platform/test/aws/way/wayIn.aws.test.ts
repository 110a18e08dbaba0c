import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PutRecordCommand } from "@aws-sdk/client-kinesis";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type BundledHandler, bundleHandlers } from "../../../bin/bundleHandlers.ts";
import { openDeadLetters } from "../../../src/adapters/aws/deadLetters.ts";
import { encodeFrame } from "../../../src/adapters/aws/kinesis/recordFrame.ts";
import { encodeEntry, encodePack } from "../../../src/adapters/aws/messages/messagePack.ts";
import { replayDeadLetter } from "../../../src/adapters/aws/replayDeadLetter.ts";
import type { StoredRecord } from "../../../src/buffer/eventBuffer.ts";
import { numbered, plain, problemOf, range, readAll } from "../../../src/buffer/numberedRecords.ts";
import { sourceKinds } from "../../../src/model/source.ts";
import { withLambdaRuntime } from "../lambda/withLambdaRuntime.ts";
import { withStandIn } from "../withStandIn.ts";
import type { ProxyFault } from "./faultyProxy.ts";
import { openWayIn, split } from "./wayIn.ts";

type Way = Awaited<ReturnType<typeof openWayIn>>;
const checkout = join(import.meta.dirname, "../../../..");
const longMs = 480_000;
const claimSeconds = 2;

await withLambdaRuntime((runtime) => {
  withStandIn("ministack", (ministack) => {
    withStandIn("kinesalite", (kinesalite) => {
      describe("the way in, in the real runtime interface client", () => {
        let folder: string;
        let handlers: BundledHandler[];
        let way: Way;
        const open = (): Promise<Way> =>
          openWayIn({
            ministack,
            kinesalite,
            runtime,
            forwarderFolder: join(folder, "forwarder"),
            ingestFolder: join(folder, "ingest"),
            claimSeconds,
          });
        beforeAll(async () => {
          folder = await mkdtemp(join(tmpdir(), "c360-handlers-"));
          handlers = await bundleHandlers(checkout, folder);
        });
        afterEach(() => way.close());
        afterAll(() => rm(folder, { recursive: true, force: true }));

        it(
          "brings every event from every kind of source into the raw log, once where nothing fails",
          async () => {
            way = await open();
            const records = range(0, 700).map((n) => numbered(n, 200));
            for (const call of range(0, 70)) {
              await way.sinks.of(sourceKinds[call % 7]!).append(records.slice(call * 10, call * 10 + 10));
            }
            while ((await way.left()) > 0) await way.work();
            await way.work();
            const there = await logOf(way);
            expect(sortedText(there.map(plain))).toEqual(sortedText(records.map(plain)));
            expect(way.discarded).toEqual([]);
            const starts = [way.functions.forwarder, ...way.functions.ingests].map((each) =>
              Math.round(each.startsMs()[0]!),
            );
            for (const { name, bytes } of handlers) console.log(`${name}: ${Math.round(bytes / 1_024)} KiB`);
            console.log(`cold starts (forwarder, ingest, ingest), ms: ${starts.join(", ")}`);
            expect(way.functions.forwarder.said()).toContain("RecordsForwarded");
          },
          longMs,
        );

        it(
          "loses nothing whatever fails: refusals, lost answers, kills between writes, duplicates, a split of a shard, poison",
          async () => {
            way = await open();
            const { sent, there } = await stormOver(way);
            expect(there).toEqual(sent);
          },
          longMs,
        );
      });
    });
  });
});

/** Sends, works and fails until nothing is left; gives what was acknowledged and what is in the log, each once. */
async function stormOver(way: Way): Promise<{ sent: string[]; there: string[] }> {
  const kills = faults(way, 7);
  const records = range(0, 600).map((n) => numbered(n, 150));
  const poison: string[] = [];
  for (const call of range(0, 60)) {
    const part = records.slice(call * 10, call * 10 + 10);
    await way.sinks.of(sourceKinds[call % 7]!).append(part);
    if (call % 20 === 5) poison.push(await poisonMessage(way, `not ours ${call}`), await poisonRecord(way, call));
    // The same again, in a message of its own.
    if (call % 15 === 3) await way.sinks.of("pos").append(part);
    if (call === 30) await split(way.kinesis, way.stream);
    if (call % 6 === 0) await way.work();
  }
  for (let round = 0; (await way.left()) > 0; round += 1) {
    expect(round, "it comes to an end").toBeLessThan(200);
    await way.work();
    await sleep(200);
  }
  quiet(way);
  await way.work();
  await sleep(claimSeconds * 1_000 + 100);
  const there = await logOf(way);
  const distinct = new Map(there.map((record) => [record.message, plain(record)]));
  expect(way.discarded).toEqual([]);
  expect(await way.waitingIn(way.deadQueueUrl)).toBe(0);
  expect(kills.count).toBeGreaterThan(3);
  console.log(`killed ${kills.count} times, ${kills.faults} faults; ${there.length} records for ${records.length}`);
  await poisonIsKept(way, poison.length);
  return { sent: sortedText(records.map(plain)), there: sortedText([...distinct.values()]) };
}

async function logOf(way: Way): Promise<StoredRecord[]> {
  const log = way.lake.open(undefined, { claimMs: claimSeconds * 1_000 });
  const reader = way.lake.openReader();
  const records = await readAll(reader, 0, await log.end());
  await reader.close();
  await log.close();
  return records;
}

function sortedText(records: readonly ReturnType<typeof plain>[]): string[] {
  return records.map((record) => JSON.stringify(record)).sort();
}

/** Of 100 requests some are refused, some are lost, and after some the function that asked is killed. */
function faults(way: Way, seed: number): { count: number; faults: number } {
  const told = { count: 0, faults: 0 };
  let state = seed;
  const random = (): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
  const plan = (): ProxyFault => {
    const value = random();
    const fault = value < 0.04 ? "refused" : value < 0.08 ? "throttled" : value < 0.1 ? "lost" : null;
    told.faults += fault === null ? 0 : 1;
    return fault;
  };
  const { others, stream } = way.proxies;
  others.plan = plan;
  stream.plan = plan;
  others.done = () => {
    if (random() > 0.04) return;
    told.count += 1;
    // Between claim and object, object and release, or after: whichever it was.
    for (const each of way.functions.ingests) each.kill();
  };
  stream.done = () => {
    if (random() > 0.1) return;
    told.count += 1;
    way.functions.forwarder.kill();
  };
  return told;
}

function quiet(way: Way): void {
  for (const proxy of Object.values(way.proxies)) {
    proxy.plan = () => null;
    proxy.done = () => {};
  }
}

async function poisonMessage(way: Way, text: string): Promise<string> {
  await way.sqs.send(new SendMessageCommand({ QueueUrl: way.queueUrl, MessageBody: text }));
  return text;
}

async function poisonRecord(way: Way, call: number): Promise<string> {
  const Data = Buffer.from(`not ours either ${call}`);
  await way.kinesis.send(new PutRecordCommand({ StreamName: way.stream, PartitionKey: `${call}`, Data }));
  return Data.toString();
}

/** Each is there once, with its reason; what is mended comes in by the way of all, and its fate says so. */
async function poisonIsKept(way: Way, count: number): Promise<void> {
  const letters = openDeadLetters({ client: way.lake.s3, bucket: way.lake.bucket, prefix: "dead-letter/" });
  const keys = await letters.list(100);
  expect(keys).toHaveLength(count);
  const parts = { letters, sink: way.sinks.of("pos"), now: Date.now };
  let mended = 10_000;
  for (const key of keys) {
    const { letter, fate } = await letters.read(key);
    expect(fate).toBe("rejected");
    expect(letter.reason.code).toMatch(/^(message|stream_record)_(damaged|newer)$/);
    expect(await problemOf(replayDeadLetter(key, parts))).toMatchObject({ code: letter.reason.code });
    expect((await letters.read(key)).fate).toBe("rejected");
    const record = numbered(mended);
    const text =
      letter.from === "queue" ? encodePack([encodeEntry(record)]) : Buffer.from(encodeFrame(record)).toString("base64");
    expect(await replayDeadLetter(key, { ...parts, mended: text })).toBe(1);
    expect((await letters.read(key)).fate).toBe("replayed");
    mended += 1;
  }
  while ((await way.left()) > 0) await way.work();
  await way.work();
  const there = new Set((await logOf(way)).map(({ message }) => message));
  for (const number of range(10_000, mended)) expect(there).toContain(numbered(number).message);
}
