import type { KinesisStreamEvent, SQSEvent } from "aws-lambda";
import { beforeEach, describe, expect, it } from "vitest";
import type { BufferRecord, EventSink } from "../../../buffer/eventBuffer.ts";
import { numbered, plain, range } from "../../../buffer/numberedRecords.ts";
import { Problem } from "../../../model/problem.ts";
import type { DeadLetter, DeadLetters } from "../deadLetters.ts";
import { encodeFrame } from "../kinesis/recordFrame.ts";
import { encodeEntry, encodePack } from "../messages/messagePack.ts";
import { maxSegmentBytes, plainBytesOf } from "../rawLog/segmentObject.ts";
import { createForwarder } from "./forwarder.ts";
import { createIngest } from "./ingest.ts";

const gone = new Problem(503, "stream_unavailable", "The stream did not take all of it.");
let kept: DeadLetter[];
let letters: DeadLetters;
let written: BufferRecord[][];
let warnings: string[];
let counts: Map<string, number>;
let flushes: number;
const telemetry = {
  warn: (what: string, facts: Readonly<Record<string, string | number>>) => {
    warnings.push(`${what}: ${JSON.stringify(facts)}`);
  },
  count: (name: string, value: number) => counts.set(name, (counts.get(name) ?? 0) + value),
  flush: () => (flushes += 1),
};
const now = (): number => 1_000;

beforeEach(() => {
  kept = [];
  written = [];
  warnings = [];
  counts = new Map();
  flushes = 0;
  const keep = async (letter: DeadLetter): Promise<string> => `dead/${kept.push(letter)}`;
  const unasked = (): never => {
    throw new Error("nobody asks for this here");
  };
  letters = { keep, list: unasked, read: unasked, settle: unasked };
});

/** Takes what `fail` does not fail. */
const sink = (fail: (records: readonly BufferRecord[]) => unknown): EventSink => ({
  append: async (records) => {
    const failure = fail(records);
    if (failure instanceof Error) throw failure;
    written.push([...records]);
  },
  close: async () => {},
});
const queueEvent = (bodies: readonly string[]): SQSEvent =>
  ({ Records: bodies.map((body, at) => ({ messageId: `m${at}`, body })) }) as SQSEvent;
const packOf = (...numbers: number[]): string => encodePack(numbers.map((n) => encodeEntry(numbered(n))));
const streamEvent = (data: readonly Uint8Array[]): KinesisStreamEvent =>
  ({
    Records: data.map((bytes, at) => ({
      eventID: `shardId-0:${at}`,
      kinesis: { sequenceNumber: `s${at}`, data: Buffer.from(bytes).toString("base64") },
    })),
  }) as KinesisStreamEvent;

describe("the forwarder", () => {
  it("sends on what direct messages and SNS' envelopes hold", async () => {
    const handle = createForwarder({ sink: sink(() => null), deadLetters: letters, telemetry, now });
    const wrapped = JSON.stringify({ Type: "Notification", Message: packOf(3), TopicArn: "arn" });
    expect(await handle(queueEvent([packOf(1, 2), wrapped]))).toEqual({ batchItemFailures: [] });
    expect(written.flat().map(plain)).toEqual([1, 2, 3].map((n) => plain(numbered(n))));
    expect(counts.get("RecordsForwarded")).toBe(3);
    expect(flushes).toBe(1);
  });

  it("answers only those messages as failed that the stream did not take, also where it took none", async () => {
    const failing = sink((records) => (records.some(({ message }) => message === numbered(2).message) ? gone : null));
    const handle = createForwarder({ sink: failing, deadLetters: letters, telemetry, now });
    expect(await handle(queueEvent([packOf(1), packOf(2), packOf(3)]))).toEqual({
      batchItemFailures: [{ itemIdentifier: "m1" }],
    });
    expect(await handle(queueEvent([packOf(2)]))).toEqual({ batchItemFailures: [{ itemIdentifier: "m0" }] });
    expect(kept).toEqual([]);
  });

  it("keeps what is no message of ours, and what the stream can never have, and holds up no other", async () => {
    const tooLarge = new Problem(413, "record_too_large", "The stream takes records of 1048576 bytes.");
    const failing = sink(([first]) => (first?.message === numbered(9).message ? tooLarge : null));
    const handle = createForwarder({ sink: failing, deadLetters: letters, telemetry, now });
    const secret = "ada@example.com";
    expect(await handle(queueEvent([secret, packOf(1), packOf(9)]))).toEqual({ batchItemFailures: [] });
    expect(kept).toMatchObject([
      { from: "queue", id: "m0", body: secret, reason: { code: "message_damaged" }, receivedAt: 1_000 },
      { from: "queue", id: "m2", body: packOf(9), reason: { code: "record_too_large" } },
    ]);
    expect(warnings.join()).not.toContain(secret);
  });

  it("holds little at a time of what unpacks to much", async () => {
    let [held, most] = [0, 0];
    const slow: EventSink = {
      append: async (records) => {
        const bytes = records.reduce((sum, { payload }) => sum + payload.length, 0);
        most = Math.max(most, (held += bytes));
        await new Promise((resolve) => setImmediate(resolve));
        held -= bytes;
      },
      close: async () => {},
    };
    const handle = createForwarder({ sink: slow, deadLetters: letters, telemetry, now });
    const body = encodePack(range(0, 4).map((n) => encodeEntry(numbered(n, 1_000_000))));
    expect(await handle(queueEvent(range(0, 20).map(() => body)))).toEqual({ batchItemFailures: [] });
    expect(counts.get("RecordsForwarded")).toBe(80);
    expect(most).toBeGreaterThan(10_000_000);
    expect(most).toBeLessThan(25_000_000);
  });

  it("answers in its time what the stream has not taken until then", async () => {
    const stuck: EventSink = { append: () => new Promise(() => {}), close: async () => {} };
    const handle = createForwarder({ sink: stuck, deadLetters: letters, telemetry, now });
    const end = Date.now() + 2_100;
    const answer = await handle(queueEvent([packOf(1)]), { getRemainingTimeInMillis: () => end - Date.now() });
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: "m0" }] });
    expect(warnings.join()).toContain("out_of_time");
  });

  it("lets a message come again whose dead letter could not be kept", async () => {
    letters.keep = () => Promise.reject(new Problem(503, "dead_letters_unavailable", "It does not answer."));
    const handle = createForwarder({ sink: sink(() => null), deadLetters: letters, telemetry, now });
    expect(await handle(queueEvent(["not ours", packOf(1)]))).toEqual({
      batchItemFailures: [{ itemIdentifier: "m0" }],
    });
  });
});

describe("the ingest function", () => {
  const log = (fail: (call: number) => unknown) => {
    let calls = 0;
    return {
      append: async (records: readonly BufferRecord[]) => {
        calls += 1;
        const failure = fail(calls);
        if (failure instanceof Error) throw failure;
        written.push([...records]);
        return records.map((_, at) => at);
      },
    };
  };

  it("writes a batch at once, less what is none of ours, which is kept", async () => {
    const handle = createIngest({ log: log(() => null), deadLetters: letters, telemetry, now });
    const frames = range(0, 5).map((n) => encodeFrame(numbered(n)));
    frames[2] = Buffer.from("ada@example.com");
    expect(await handle(streamEvent(frames))).toEqual({ batchItemFailures: [] });
    expect(written).toHaveLength(1);
    expect(written.flat().map(plain)).toEqual([0, 1, 3, 4].map((n) => plain(numbered(n))));
    expect(kept).toMatchObject([
      { from: "stream", id: "shardId-0_2", body: Buffer.from("ada@example.com").toString("base64") },
    ]);
    expect(warnings.join()).not.toContain("ada@");
  });

  it("a batch of poison alone writes nothing and is done", async () => {
    const handle = createIngest({ log: log(() => null), deadLetters: letters, telemetry, now });
    expect(await handle(streamEvent([Buffer.from("not ours")]))).toEqual({ batchItemFailures: [] });
    expect(written).toEqual([]);
  });

  it("names the first record that is not written, and holds little at a time of what unpacks to much", async () => {
    const handle = createIngest({
      log: log((call) => (call === 3 ? gone : null)),
      deadLetters: letters,
      telemetry,
      now,
    });
    const frames = range(0, 40).map((n) => encodeFrame(numbered(n, 1_000_000)));
    const { batchItemFailures } = await handle(streamEvent(frames));
    expect(written).toHaveLength(2);
    expect(batchItemFailures).toEqual([{ itemIdentifier: `s${written.flat().length}` }]);
    for (const part of written) {
      expect(part.reduce((sum, record) => sum + plainBytesOf(record), 0)).toBeLessThanOrEqual(maxSegmentBytes);
    }
  });

  it("tries a batch again whose dead letter could not be kept", async () => {
    letters.keep = () => Promise.reject(new Problem(503, "dead_letters_unavailable", "It does not answer."));
    const handle = createIngest({ log: log(() => null), deadLetters: letters, telemetry, now });
    const frames = [encodeFrame(numbered(0)), Buffer.from("not ours")];
    expect(await handle(streamEvent(frames))).toEqual({ batchItemFailures: [{ itemIdentifier: "s0" }] });
    expect(written).toEqual([]);
  });
});
