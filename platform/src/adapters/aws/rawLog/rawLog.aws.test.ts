import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeleteItemCommand, PutItemCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { withStandIn } from "../../../../test/aws/withStandIn.ts";
import { positionsContract } from "../../../buffer/contract.ts";
import { numbered, plain, problemOf, range, readAll } from "../../../buffer/numberedRecords.ts";
import { position, segmentOf } from "../../../model/position.ts";
import { openEventLogReader } from "../../embedded/eventLog/reader.ts";
import { broken, type Fault, FaultyHttp, first, throttled, unavailable } from "../faultyHttp.fake.ts";
import { maxClaims } from "./head.ts";
import { createRawLake, type RawLake } from "./standIn.fake.ts";

withStandIn("ministack", (endpoint) => {
  positionsContract("raw lake on S3", async () => {
    const lake = await createRawLake(endpoint);
    return {
      open: async () => lake.open(),
      openReader: () => lake.openReader(),
      dispose: async () => lake.dispose(),
    };
  });

  describe("the raw log on S3", () => {
    let lake: RawLake;
    let http: FaultyHttp;
    beforeEach(async () => {
      lake = await createRawLake(endpoint);
      http = new FaultyHttp();
    });
    afterEach(() => lake.dispose());
    const numbersIn = async (): Promise<number[]> => {
      const log = lake.open();
      const reader = lake.openReader();
      const records = await readAll(reader, 0, await log.end());
      return records.map(({ payload }) => Buffer.from(payload).readUInt32BE(0));
    };
    const sorted = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b);
    const openClaims = async (): Promise<number> => {
      const { Items = [] } = await lake.dynamoDb.send(new ScanCommand({ TableName: lake.headTable }));
      return Object.keys(Items[0]?.["claims"]?.M ?? {}).length;
    };

    it("fifty writers at once: every number once, every record once, positions as told, nothing open", async () => {
      const logs = range(0, 50).map(() => lake.open());
      const told = await Promise.all(logs.map((log, at) => log.append([numbered(2 * at), numbered(2 * at + 1)])));
      expect(sorted(told.map(([at = -1]) => segmentOf(at)))).toEqual(range(0, 50));
      expect(sorted(await numbersIn())).toEqual(range(0, 100));
      const reader = lake.openReader();
      for (const [at, [one = -1, other = -1]] of told.entries()) {
        expect(plain((await reader.at(one))!)).toEqual(plain(numbered(2 * at)));
        expect(plain((await reader.at(other))!)).toEqual(plain(numbered(2 * at + 1)));
      }
      expect(await openClaims()).toBe(0);
      expect(await lake.open().end()).toBe(position(50, 0));
    });

    it("the end is before what is claimed and not there, and what comes behind waits for it", async () => {
      await lake.open().append([numbered(0)]);
      // Claims 1, and is killed before its object is written.
      http.plan = (operation) => (operation === "PutObject" ? unavailable : null);
      const killed = await problemOf(lake.open(http).append([numbered(1)]));
      expect(killed).toMatchObject({ status: 503, code: "raw_log_unavailable" });
      await lake.open().append([numbered(2)]);
      expect(await lake.open().end()).toBe(position(1, 0));
      expect(await numbersIn()).toEqual([0]);
      // Once its time is over, whoever asks closes it: a hole, read by nobody, its number never used again.
      const later = lake.open(undefined, { now: () => Date.now() + 61_000 });
      expect(await later.end()).toBe(position(3, 0));
      expect(await numbersIn()).toEqual([0, 2]);
      const reader = lake.openReader();
      expect(await reader.at(position(1, 0))).toBeNull();
      expect(await later.append([numbered(3)])).toEqual([position(3, 0)]);
      expect(await numbersIn()).toEqual([0, 2, 3]);
    });

    it("a writer that was killed after its object was written: nothing of it is lost, and it is no hole", async () => {
      http.plan = (operation, number) => (operation === "UpdateItem" && number > 2 ? unavailable : null);
      // The head is made, then claimed; releasing fails.
      await lake.open().append([numbered(0)]);
      const [at] = await lake.open(http, { onTrouble: () => {} }).append([numbered(1)]);
      expect(at).toBe(position(1, 0));
      expect(await lake.open().end()).toBe(position(1, 0));
      await lake.open(undefined, { now: () => Date.now() + 61_000 }).append([numbered(2)]);
      expect(await numbersIn()).toEqual([0, 1, 2]);
      expect(await openClaims()).toBe(0);
    });

    it("a writer that was taken for dead finds its number closed, and writes under another", async () => {
      await lake.open().append([numbered(0)]);
      http.before = async (operation, number) => {
        if (operation !== "PutObject" || number > 2) return;
        // Its claim is two minutes old when it is made: whoever comes closes it, here before it writes.
        expect(await lake.open().end()).toBe(position(2, 0));
      };
      const slow = lake.open(http, { now: () => Date.now() - 120_000 });
      expect(await slow.append([numbered(1)])).toEqual([position(2, 0)]);
      expect(http.operations.filter((operation) => operation === "PutObject")).toHaveLength(2);
      expect(await numbersIn()).toEqual([0, 1]);
      expect(await openClaims()).toBe(0);
    });

    const Key = { pk: { S: "rawLog" }, sk: { S: "head" } };
    /** As many claims as there can be, made so long ago. */
    const fillHead = async (agoMs: number): Promise<void> => {
      const mapOf = (valueOf: (n: number) => number) => ({
        M: Object.fromEntries(range(0, maxClaims).map((n) => [`dead${n}`, { N: String(valueOf(n)) }])),
      });
      const claims = { claims: mapOf((n) => n), claimedAt: mapOf(() => Date.now() - agoMs) };
      const Item = { ...Key, nextSegment: { N: String(maxClaims) }, ...claims };
      await lake.dynamoDb.send(new PutItemCommand({ TableName: lake.headTable, Item }));
    };

    it("as many claims as there can be: those of dead writers make room, those of others are waited for", async () => {
      await fillHead(0);
      expect(await problemOf(lake.open().append([numbered(0)]))).toMatchObject({ status: 503, code: "raw_log_busy" });
      await fillHead(120_000);
      expect(await lake.open().append([numbered(0)])).toEqual([position(maxClaims, 0)]);
      expect(await openClaims()).toBeLessThan(maxClaims);
    });

    it("a writer that fails over and over claims one number, and what it wrote unheard stays what it was", async () => {
      const log = lake.open(http, { onTrouble: () => {} });
      http.plan = (operation) => (operation === "PutObject" ? unavailable : null);
      for (const n of range(0, 3)) await problemOf(log.append([numbered(n)]));
      expect(await openClaims()).toBe(1);
      // It is written; nobody hears of it, nor whose it is.
      http.plan = (operation) => (operation.endsWith("Object") ? "lost" : null);
      await problemOf(log.append([numbered(7)]));
      http.plan = () => null;
      expect(await log.append([numbered(8)])).toEqual([position(1, 0)]);
      expect(await openClaims()).toBe(0);
      expect(await numbersIn()).toEqual([7, 8]);
    });

    it("a dead claim that cannot be closed is told of, and the end is before it", async () => {
      await lake.open().append([numbered(0)]);
      http.plan = (operation) => (operation === "PutObject" ? unavailable : null);
      await problemOf(lake.open(http).append([numbered(1)]));
      const troubles: unknown[] = [];
      const later = lake.open(http, { now: () => Date.now() + 61_000, onTrouble: (error) => troubles.push(error) });
      expect(await later.end()).toBe(position(1, 0));
      expect(troubles).toMatchObject([{ code: "raw_log_unavailable" }]);
    });

    const faults: [string, Fault][] = [
      ["throttling", throttled],
      ["an error of the service", broken],
      ["no service", unavailable],
      ["a lost answer", "lost"],
    ];
    test.each(faults)("%s twice in each kind of request: every record once", async (_, fault) => {
      for (const operation of ["UpdateItem", "PutItem", "PutObject", "GetItem"]) {
        const fresh = await createRawLake(endpoint);
        http = new FaultyHttp();
        const plan = first(2, operation === "PutObject" && fault === throttled ? slowDown : fault, operation);
        let met = 0;
        http.plan = (asked, number) => {
          const outcome = plan(asked, number);
          if (outcome !== null) met += 1;
          return outcome;
        };
        const log = fresh.open(http);
        expect(await log.append([numbered(7)])).toEqual([position(0, 0)]);
        expect(await log.end()).toBe(position(1, 0));
        expect(met, `faults of ${operation}`).toBe(2);
        expect((await readAll(fresh.openReader(), 0, position(1, 0))).map(plain)).toEqual([plain(numbered(7))]);
        fresh.dispose();
      }
    });

    it("what was acknowledged is there whichever request fails, whether it was done or not", async () => {
      const acknowledged = [0];
      await lake.open().append([numbered(0)]);
      let number = 1;
      for (const isDone of [false, true]) {
        for (let nth = 1; nth <= 4; nth += 1) {
          // More often than the SDK tries.
          http = new FaultyHttp();
          http.plan = (_, at) => (at < nth ? null : at < nth + 7 ? (isDone ? "lost" : unavailable) : null);
          const log = lake.open(http, { onTrouble: () => {} });
          const numbers = [number, number + 1];
          number += 2;
          const problem = await problemOf(log.append(numbers.map((n) => numbered(n))));
          if (problem === undefined) acknowledged.push(...numbers);
          else expect(problem.status).toBe(503);
        }
      }
      expect(acknowledged.length).toBeGreaterThan(4);
      await lake.open(undefined, { now: () => Date.now() + 61_000 }).end();
      const there = await numbersIn();
      expect(acknowledged.filter((n) => !there.includes(n))).toEqual([]);
      expect(there).toEqual([...new Set(there)]);
    });

    it("parts what is too much for one segment, and gives all positions in order", async () => {
      const records = range(0, 20).map((n) => numbered(n, 1_000_000));
      const positions = await lake.open().append(records);
      expect(positions).toEqual(sorted(positions));
      expect(new Set(positions.map(segmentOf)).size).toBe(3);
      const reader = lake.openReader(undefined, 1);
      const read = await readAll(reader, 0, await lake.open().end(), 7, 3_000_000);
      expect(read.map(plain)).toEqual(records.map(plain));
    });

    it("is the embedded edition's log: its segments, copied into a folder, are read by that", async () => {
      const records = range(0, 600).map((n) => numbered(n, 50 + n));
      for (const part of range(0, 3)) await lake.open().append(records.slice(part * 200, part * 200 + 200));
      http.plan = (operation) => (operation === "PutObject" ? unavailable : null);
      await problemOf(lake.open(http).append([numbered(1)]));
      const end = await lake.open(undefined, { now: () => Date.now() + 61_000 }).end();
      const folder = await mkdtemp(join(tmpdir(), "c360-raw-"));
      try {
        for (const Key of await lake.keys()) {
          const { Body } = await lake.s3.send(new GetObjectCommand({ Bucket: lake.bucket, Key }));
          await writeFile(join(folder, Key.slice(lake.prefix.length)), (await Body?.transformToByteArray())!);
        }
        const reader = openEventLogReader(folder);
        const here = await readAll(reader, 0, end);
        const there = await readAll(lake.openReader(), 0, end);
        expect(here.map(({ position: at }) => at)).toEqual(there.map(({ position: at }) => at));
        expect(here.map(plain)).toEqual(records.map(plain));
        await reader.close();
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });

    it("a head that is lost is made again behind the last object, and closes what was claimed when it went", async () => {
      for (const n of range(0, 3)) await lake.open().append([numbered(n)]);
      http.plan = (operation) => (operation === "PutObject" ? unavailable : null);
      await problemOf(lake.open(http).append([numbered(99)]));
      for (const n of range(3, 5)) await lake.open().append([numbered(n)]);
      await lake.dynamoDb.send(new DeleteItemCommand({ TableName: lake.headTable, Key }));
      await lake.s3.send(new PutObjectCommand({ Bucket: lake.bucket, Key: "raw/notes.txt", Body: "not ours" }));
      expect(await lake.open().append([numbered(5)])).toEqual([position(6, 0)]);
      expect(await lake.open().end()).toBe(position(3, 0));
      expect(await lake.open(undefined, { now: () => Date.now() + 61_000 }).end()).toBe(position(7, 0));
      expect(await numbersIn()).toEqual(range(0, 6));
    });

    it("an answer that stalls behind its headers is given up, and what it was of is asked for again", async () => {
      http = new FaultyHttp({ tryTimeoutMs: 2_000 });
      http.plan = first(1, "silent", "UpdateItem");
      expect(await lake.open(http).append([numbered(0)])).toEqual([position(0, 0)]);
      http.plan = first(1, "silent", "GetObject");
      const reader = lake.openReader(http);
      expect(await problemOf(reader.read(0, position(1, 0), 1, 1))).toMatchObject({ code: "raw_log_unavailable" });
      expect((await reader.read(0, position(1, 0), 1, 1)).records.map(plain)).toEqual([plain(numbered(0))]);
    });

    it("damage and loss are told with the segment, never skipped", async () => {
      for (const n of range(0, 3)) await lake.open().append([numbered(n, 3_000)]);
      const end = await lake.open().end();
      const where = { Bucket: lake.bucket, Key: "raw/0000000001.log" };
      const { Body } = await lake.s3.send(new GetObjectCommand(where));
      const bytes = Buffer.from((await Body?.transformToByteArray())!);
      for (let at = 0; at < bytes.length; at += 7) {
        const changed = Buffer.from(bytes);
        changed[at] = changed[at]! ^ 0x40;
        await lake.s3.send(new PutObjectCommand({ ...where, Body: changed }));
        const problem = await problemOf(lake.openReader().read(0, end, 100, 1_000_000));
        expect(problem?.code, `byte ${at}`).toMatch(/^log_(damaged|format_newer)$/);
        expect(problem?.message).toMatch(/[Ss]egment 1\b/);
      }
      await lake.s3.send(new DeleteObjectCommand(where));
      expect(await problemOf(lake.openReader().read(0, end, 100, 1_000_000))).toMatchObject({
        code: "log_segment_missing",
      });
    });
  });
});

const slowDown: Fault = { status: 503, type: "SlowDown" };
