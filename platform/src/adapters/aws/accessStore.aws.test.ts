import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { DeleteTableCommand, type DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeEach, describe, expect, it, test } from "vitest";
import {
  broken,
  conflict,
  type Fault,
  FaultyHttp,
  first,
  inProgress,
  throttled,
  unavailable,
} from "./faultyHttp.fake.ts";
import { withStandIn } from "../../../test/aws/withStandIn.ts";
import { Problem } from "../../model/problem.ts";
import type { AccessStore } from "../../storage/access.ts";
import { accessStoreContract } from "../../storage/accessContract.ts";
import { openDynamoAccessStore } from "./accessStore.ts";
import { dynamoDbClient } from "./serviceClients.ts";
import { newTable } from "./table.fake.ts";

const credentials = { accessKeyId: "standin", secretAccessKey: "standin" };
const clientOf = (endpoint: string, requestHandler?: FaultyHttp): DynamoDBClient =>
  dynamoDbClient({ endpoint, region: "us-east-1", credentials, ...(requestHandler ? { requestHandler } : {}) });

const parts = { now: Date.now, randomBytes, random: Math.random, sleep: (ms: number) => sleep(ms) };

withStandIn("ministack", (endpoint) => {
  accessStoreContract("DynamoDB", async () => {
    const client = clientOf(endpoint);
    const table = await newTable(client, "access");
    return {
      open: async () => openDynamoAccessStore({ ...parts, client: clientOf(endpoint), table }),
      dispose: async () => {
        await client.send(new DeleteTableCommand({ TableName: table }));
        client.destroy();
      },
      stored: async () => JSON.stringify((await client.send(new ScanCommand({ TableName: table }))).Items),
    };
  });

  describe("AccessStore on DynamoDB", () => {
    const client = clientOf(endpoint);
    const http = new FaultyHttp();
    let table: string;
    let store: AccessStore;
    const others: AccessStore[] = [];
    const another = (freshForMs?: number): AccessStore => {
      const opened = openDynamoAccessStore({
        ...parts,
        client: clientOf(endpoint),
        table,
        ...(freshForMs === undefined ? {} : { freshForMs }),
      });
      others.push(opened);
      return opened;
    };
    const itemCount = async (): Promise<number> =>
      (await client.send(new ScanCommand({ TableName: table }))).Count ?? Number.NaN;
    beforeEach(async () => {
      http.plan = () => null;
      table = await newTable(client, "access");
      store = openDynamoAccessStore({ ...parts, client: clientOf(endpoint, http), table });
    });
    afterAll(async () => {
      for (const other of others) await other.close();
      client.destroy();
    });

    const faults: [string, Fault][] = [
      ["throttling", throttled],
      ["an error of the service", broken],
      ["no service", unavailable],
      ["a lost answer", "lost"],
    ];
    test.each(faults)("%s twice in every call changes nothing of what comes out", async (_, fault) => {
      const faulty = async <Value>(act: () => Promise<Value>): Promise<Value> => {
        http.plan = first(2, fault);
        return act();
      };
      const { source, writeKey } = await faulty(() => store.createSource({ id: "web", kind: "web" }));
      expect(await faulty(() => store.sources())).toEqual([source]);
      const rotated = await faulty(() => store.rotateWriteKey("web"));
      expect(await faulty(() => store.changeSource("web", { maxEventsPerSecond: 7 }))).toMatchObject({
        maxEventsPerSecond: 7,
      });
      const { id, token } = await faulty(() => store.createToken("ci"));
      expect(await faulty(() => store.idOfToken(token))).toBe(id);
      await faulty(() => store.revokeToken(id));
      const fresh = another();
      expect(await fresh.sourceOfWriteKey(writeKey)).toBeNull();
      expect(await fresh.sourceOfWriteKey(rotated.writeKey)).toEqual({ ...source, maxEventsPerSecond: 7 });
      expect(await fresh.idOfToken(token)).toBeNull();
      expect(await itemCount()).toBe(2);
    });

    it("tries again where another transaction has the same items, and says so in the end", async () => {
      http.plan = first(3, conflict, "TransactWriteItems");
      const { source } = await store.createSource({ id: "web", kind: "web" });
      http.plan = (operation) => (operation === "TransactWriteItems" ? conflict : null);
      const problem: unknown = await store.createToken("ci").catch((error: unknown) => error);
      expect(problem).toMatchObject({ status: 503, code: "access_store_unavailable" });
      expect(await another().sources()).toEqual([source]);
      expect(await another().tokens()).toEqual([]);
    });

    it("does not take what it did itself for another's, whatever it was told", async () => {
      // More than the SDK itself tries.
      http.plan = first(7, inProgress, "TransactWriteItems");
      const { source, writeKey } = await store.createSource({ id: "web", kind: "web" });
      expect(await another().sourceOfWriteKey(writeKey)).toEqual(source);
      http.plan = first(1, inProgress, "TransactWriteItems");
      const rotated = await store.rotateWriteKey("web");
      expect(await another().sourceOfWriteKey(rotated.writeKey)).toEqual(source);
      expect(await itemCount()).toBe(2);
    });

    it("says 503 with nothing of the request when the service is gone, and goes on when it is back", async () => {
      const { writeKey } = await store.createSource({ id: "web", kind: "web" });
      http.plan = () => unavailable;
      const before = http.operations.length;
      const problem: unknown = await store.sourceOfWriteKey(writeKey).catch((error: unknown) => error);
      expect(problem).toBeInstanceOf(Problem);
      expect(problem).toMatchObject({ status: 503, code: "access_store_unavailable" });
      expect(http.operations.length - before).toBeLessThan(10);
      expect(JSON.stringify(problem) + String(problem)).not.toContain(writeKey);
      http.plan = () => null;
      expect(await store.sourceOfWriteKey(writeKey)).toMatchObject({ id: "web" });
    });

    it("fifty that want one id: one has it, all others are told, and its key is the only one", async () => {
      const stores = Array.from({ length: 50 }, () => another());
      const made = await Promise.allSettled(stores.map((each) => each.createSource({ id: "till", kind: "pos" })));
      const won = made.filter((each) => each.status === "fulfilled");
      expect(won).toHaveLength(1);
      for (const each of made) {
        if (each.status === "rejected") expect(each.reason).toMatchObject({ status: 409, code: "source_exists" });
      }
      expect(await itemCount()).toBe(2);
    });

    it("fifty that bring one key: one source has it", async () => {
      const made = await Promise.allSettled(
        Array.from({ length: 50 }, (_, at) =>
          another().createSource({ id: `till-${at}`, kind: "pos", writeKey: "brought-along" }),
        ),
      );
      const [winner, ...more] = made.flatMap((each) => (each.status === "fulfilled" ? [each.value.source] : []));
      expect(more).toEqual([]);
      expect(await another().sourceOfWriteKey("brought-along")).toEqual(winner);
      expect(await another().sources()).toEqual([winner]);
    });

    it("fifty rotations at once: one key holds, all others have stopped, no pointer is left behind", async () => {
      const first = await store.createSource({ id: "web", kind: "web" });
      const rotated = await Promise.allSettled(Array.from({ length: 50 }, () => another().rotateWriteKey("web")));
      const keys = rotated.flatMap((each) => (each.status === "fulfilled" ? [each.value.writeKey] : []));
      expect(keys.length).toBeGreaterThan(0);
      for (const each of rotated) {
        if (each.status === "rejected") expect(each.reason).toMatchObject({ code: "source_changed_meanwhile" });
      }
      const fresh = another();
      const holding: string[] = [];
      for (const key of [first.writeKey, ...keys]) if ((await fresh.sourceOfWriteKey(key)) !== null) holding.push(key);
      expect(holding).toHaveLength(1);
      expect(await itemCount()).toBe(2);
    });

    it("sees what another process changed within its time, and asks once for many requests", async () => {
      const other = another(200);
      const { writeKey } = await store.createSource({ id: "web", kind: "web" });
      expect(await other.sourceOfWriteKey(writeKey)).toMatchObject({ enabled: true });
      await store.changeSource("web", { enabled: false });
      await expect.poll(() => other.sourceOfWriteKey(writeKey), { timeout: 5_000 }).toMatchObject({ enabled: false });
      const before = http.operations.length;
      for (let request = 0; request < 50; request += 1) await store.sourceOfWriteKey(writeKey);
      expect(http.operations.length - before).toBeLessThanOrEqual(4);
    });
  });
});
