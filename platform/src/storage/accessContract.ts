import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Problem } from "../model/problem.ts";
import type { SourceKind } from "../model/source.ts";
import type { AccessStore } from "./access.ts";

/** What the suite needs of an adapter: stores over storage that outlives them. */
export interface AccessHarness {
  /** Opens over the same storage as before; the one opened before is closed by then. */
  open(): Promise<AccessStore>;
  dispose(): Promise<void>;
  /** All bytes of the storage, to see what is not in it. */
  stored(): Promise<string>;
}

/** The promises of `AccessStore`, which every adapter keeps. */
export function accessStoreContract(name: string, create: () => Promise<AccessHarness>): void {
  describe(`AccessStore contract: ${name}`, () => {
    let harness: AccessHarness;
    let store: AccessStore;
    beforeEach(async () => {
      harness = await create();
      store = await harness.open();
    });
    afterEach(async () => {
      await store.close();
      await harness.dispose();
    });
    const given = (): AccessStore => store;
    const reopened = async (): Promise<AccessStore> => {
      await store.close();
      store = await harness.open();
      return store;
    };
    describe("sources", () => {
      sources(given, reopened);
    });
    describe("write keys", () => {
      writeKeys(given, reopened);
    });
    describe("tokens", () => {
      tokens(given, reopened);
    });
    test("keeps no secret in clear", async () => {
      const { writeKey } = await store.createSource({ id: "web", kind: "web" });
      const own = await store.createSource({ id: "till", kind: "pos", writeKey: "brought-along-key" });
      const { token } = await store.createToken("ci");
      await store.close();
      const bytes = await harness.stored();
      expect(bytes).toContain("web");
      for (const secret of [writeKey, own.writeKey, token]) expect(bytes).not.toContain(secret);
    });
  });
}

async function problemOf(promise: Promise<unknown>): Promise<{ status: number; code: string; field?: string }> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Problem)) throw new Error("it was no Problem", { cause: error });
  expect(error.hint).toBeTruthy();
  return { status: error.status, code: error.code, ...(error.field === undefined ? {} : { field: error.field }) };
}

function sources(store: () => AccessStore, reopened: () => Promise<AccessStore>): void {
  test("are as they were made, also after a restart", async () => {
    expect(await store().sources()).toEqual([]);
    const { source } = await store().createSource({ id: "web", name: "Our shop", kind: "web" });
    expect(source).toMatchObject({ id: "web", name: "Our shop", kind: "web", enabled: true });
    const till = await store().createSource({ id: "a-till_1", kind: "pos" });
    expect(till.source.name).toBe("a-till_1");
    expect(await store().sources()).toEqual([till.source, source]);
    expect(await (await reopened()).sources()).toEqual([till.source, source]);
  });

  test("are disabled and enabled at once, and stay so", async () => {
    const { source, writeKey } = await store().createSource({ id: "web", kind: "web" });
    expect(await store().changeSource("web", { enabled: false })).toEqual({ ...source, enabled: false });
    expect(await store().sourceOfWriteKey(writeKey)).toMatchObject({ enabled: false });
    expect(await store().sources()).toEqual([{ ...source, enabled: false }]);
    expect(await (await reopened()).sourceOfWriteKey(writeKey)).toMatchObject({ enabled: false });
    expect(await store().changeSource("web", { enabled: true })).toEqual(source);
    expect(await store().sourceOfWriteKey(writeKey)).toEqual(source);
  });

  test("are limited to so many events a second, and stay so until they are not", async () => {
    const { source, writeKey } = await store().createSource({ id: "web", kind: "web" });
    expect(source.maxEventsPerSecond).toBeNull();
    expect(await store().changeSource("web", { maxEventsPerSecond: 500 })).toEqual({
      ...source,
      maxEventsPerSecond: 500,
    });
    expect(await store().changeSource("web", { enabled: false })).toMatchObject({ maxEventsPerSecond: 500 });
    expect(await (await reopened()).sourceOfWriteKey(writeKey)).toMatchObject({
      maxEventsPerSecond: 500,
      enabled: false,
    });
    await store().rotateWriteKey("web");
    expect(await store().changeSource("web", { enabled: true, maxEventsPerSecond: null })).toEqual(source);
    expect(await (await reopened()).sources()).toEqual([source]);
  });

  test.each([0, -1, 1.5, 1_000_001, Number.NaN, Number.POSITIVE_INFINITY])("cannot send %d a second", async (rate) => {
    const { source } = await store().createSource({ id: "web", kind: "web" });
    const problem = await problemOf(store().changeSource("web", { enabled: false, maxEventsPerSecond: rate }));
    expect(problem).toEqual({ status: 400, code: "source_rate_invalid", field: "maxEventsPerSecond" });
    expect(await store().sources()).toEqual([source]);
  });

  test.each(["", "Web", "1web", "-web", "we b", "web\n", "wéb", "a".repeat(64), "__proto__", "../web"])(
    "cannot be called %j",
    async (id) => {
      const problem = await problemOf(store().createSource({ id, kind: "web" }));
      expect(problem).toEqual({ status: 400, code: "source_id_invalid", field: "id" });
      expect(await store().sources()).toEqual([]);
    },
  );

  test("may have names of objects' own", async () => {
    const { source, writeKey } = await store().createSource({ id: "constructor", kind: "crm" });
    expect(await store().sourceOfWriteKey(writeKey)).toEqual(source);
    expect(await problemOf(store().changeSource("valueof", { enabled: true }))).toMatchObject({
      code: "source_not_found",
    });
  });

  test.each(["", " ", "a\u0000b", "a\nb", "\ud800", "a".repeat(201)])("cannot have the name %j", async (name) => {
    const problem = await problemOf(store().createSource({ id: "web", name, kind: "web" }));
    expect(problem).toEqual({ status: 400, code: "name_invalid", field: "name" });
  });

  test("have one of the kinds", async () => {
    const problem = await problemOf(store().createSource({ id: "web", kind: "website" as SourceKind }));
    expect(problem).toEqual({ status: 400, code: "source_kind_unknown", field: "kind" });
  });

  test("keep their id to themselves", async () => {
    const { source, writeKey } = await store().createSource({ id: "web", kind: "web" });
    const again = await problemOf(store().createSource({ id: "web", kind: "crm", writeKey: "another-key" }));
    expect(again).toMatchObject({ status: 409, code: "source_exists" });
    expect(await store().sourceOfWriteKey(writeKey)).toEqual(source);
    expect(await store().sourceOfWriteKey("another-key")).toBeNull();
  });

  test("that are unknown are told", async () => {
    for (const act of [store().changeSource("web", { enabled: true }), store().rotateWriteKey("web")]) {
      expect(await problemOf(act)).toEqual({ status: 404, code: "source_not_found" });
    }
  });
}

function writeKeys(store: () => AccessStore, reopened: () => Promise<AccessStore>): void {
  test("name their source, also after a restart", async () => {
    const web = await store().createSource({ id: "web", kind: "web" });
    const till = await store().createSource({ id: "till", kind: "pos" });
    expect(web.writeKey).toMatch(/^wk_[\w-]{22,}$/);
    expect(till.writeKey).not.toBe(web.writeKey);
    for (const { source, writeKey } of [web, till]) expect(await store().sourceOfWriteKey(writeKey)).toEqual(source);
    await reopened();
    for (const { source, writeKey } of [web, till]) expect(await store().sourceOfWriteKey(writeKey)).toEqual(source);
  });

  test("must be exact", async () => {
    const { writeKey } = await store().createSource({ id: "web", kind: "web" });
    const wrong = ["", " ", `${writeKey} `, writeKey.slice(0, -1), writeKey.toUpperCase(), "web", "\0", "\ud800", "%"];
    for (const key of wrong) expect(await store().sourceOfWriteKey(key)).toBeNull();
  });

  test("asked for before they exist, work once they do", async () => {
    expect(await store().sourceOfWriteKey("brought-along")).toBeNull();
    const { source } = await store().createSource({ id: "web", kind: "web", writeKey: "brought-along" });
    expect(await store().sourceOfWriteKey("brought-along")).toEqual(source);
  });

  test("that are rotated stop at once, for good", async () => {
    const first = await store().createSource({ id: "web", kind: "web" });
    await store().changeSource("web", { enabled: false });
    const second = await store().rotateWriteKey("web");
    expect(second.source.enabled).toBe(false);
    expect(await store().sourceOfWriteKey(first.writeKey)).toBeNull();
    expect(await store().sourceOfWriteKey(second.writeKey)).toEqual(second.source);
    const third = await store().rotateWriteKey("web", "brought-along");
    expect(third.writeKey).toBe("brought-along");
    await reopened();
    expect(await store().sourceOfWriteKey(first.writeKey)).toBeNull();
    expect(await store().sourceOfWriteKey(second.writeKey)).toBeNull();
    expect(await store().sourceOfWriteKey("brought-along")).toEqual(third.source);
  });

  test("belong to one source", async () => {
    const web = await store().createSource({ id: "web", kind: "web", writeKey: "brought-along" });
    const till = await store().createSource({ id: "till", kind: "pos" });
    for (const act of [
      store().createSource({ id: "crm", kind: "crm", writeKey: "brought-along" }),
      store().rotateWriteKey("till", "brought-along"),
    ]) {
      expect(await problemOf(act)).toEqual({ status: 409, code: "write_key_taken", field: "writeKey" });
    }
    expect((await store().sources()).map(({ id }) => id)).toEqual(["till", "web"]);
    expect(await store().sourceOfWriteKey("brought-along")).toEqual(web.source);
    expect(await store().sourceOfWriteKey(till.writeKey)).toEqual(till.source);
    expect((await store().rotateWriteKey("web", "brought-along")).writeKey).toBe("brought-along");
  });

  test.each(["", "short", "with:colon", "with space", "kéy-kéy-kéy", "line\nbreak", "k".repeat(257)])(
    "cannot be %j",
    async (writeKey) => {
      const problem = { status: 400, code: "write_key_invalid", field: "writeKey" };
      expect(await problemOf(store().createSource({ id: "web", kind: "web", writeKey }))).toEqual(problem);
      expect(await store().sources()).toEqual([]);
      await store().createSource({ id: "web", kind: "web" });
      expect(await problemOf(store().rotateWriteKey("web", writeKey))).toEqual(problem);
    },
  );
}

function tokens(store: () => AccessStore, reopened: () => Promise<AccessStore>): void {
  test("work from when they are made until they are revoked", async () => {
    const one = await store().createToken("ci");
    const two = await store().createToken("ci");
    expect(one.token).toMatch(/^c360_[\w-]{22,}$/);
    expect(new Set([one.id, two.id, one.token, two.token]).size).toBe(4);
    expect((await store().tokens()).map(({ id, name }) => ({ id, name }))).toEqual(
      expect.arrayContaining([one, two].map(({ id }) => ({ id, name: "ci" }))),
    );
    await reopened();
    for (const { id, token } of [one, two]) {
      expect(await store().isToken(token)).toBe(true);
      expect(await store().idOfToken(token)).toBe(id);
    }
    await store().revokeToken(one.id);
    expect(await store().isToken(one.token)).toBe(false);
    expect(await store().idOfToken(one.token)).toBeNull();
    expect(await store().isToken(two.token)).toBe(true);
    await reopened();
    expect(await store().isToken(one.token)).toBe(false);
    expect((await store().tokens()).map(({ id }) => id)).toEqual([two.id]);
  });

  test("are not write keys, nor the other way round", async () => {
    const { writeKey } = await store().createSource({ id: "web", kind: "web" });
    const { id, token } = await store().createToken("ci");
    expect(await store().isToken(writeKey)).toBe(false);
    expect(await store().sourceOfWriteKey(token)).toBeNull();
    for (const wrong of ["", id, `${token} `, token.slice(0, -1)]) expect(await store().isToken(wrong)).toBe(false);
  });

  test("that are unknown are told", async () => {
    expect(await problemOf(store().revokeToken("t_unknown"))).toEqual({ status: 404, code: "token_not_found" });
  });

  test.each(["", " ", "a\u0007b", "a".repeat(201)])("cannot be named %j", async (name) => {
    expect(await problemOf(store().createToken(name))).toMatchObject({ status: 400, code: "name_invalid" });
    expect(await store().tokens()).toEqual([]);
  });
}
