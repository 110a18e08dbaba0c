import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AcceptedEvent, CorrectionRecord, JsonObject, LinkRecord, RejectedCall, RulesRecord } from "./event.ts";
import {
  correctionVersion,
  decodeHead,
  decodeRecord,
  encodeRecord,
  isDecidedAlone,
  linkVersion,
  markedVersion,
  newestVersion,
  recordVersion,
  rulesRecordVersion,
} from "./logRecord.ts";

const accepted: AcceptedEvent = {
  status: "accepted",
  source: "web",
  sourceKind: "web",
  messageId: "m-1",
  type: "track",
  event: "Order Completed",
  receivedAt: 1_764_000_000_000,
  occurredAt: 1_763_999_999_000,
  originalTimestamp: null,
  flags: ["message_id_made"],
  identifiers: ["email:ada@example.com", "user_id:ada"],
  aliasOf: [],
  body: { type: "track", event: "Order Completed", properties: { total: 12.5, name: "Größe 🫖 \u2028" } },
};
const rejected: RejectedCall = {
  status: "rejected",
  source: "web",
  sourceKind: "web",
  messageId: "m-2",
  receivedAt: 1_764_000_000_000,
  reason: { code: "event_missing", message: "a track call needs the name of its event", field: "event" },
  body: '{"type":"track","x":"\\u0000"}',
};
const correction: CorrectionRecord = {
  status: "correction",
  source: "_corrections",
  messageId: "c_1",
  receivedAt: 1_764_000_000_000,
  body: { verdict: "same", a: "email:ada@example.com", b: "user_id:ada", by: "t1", reason: 'she said ,"body": so' },
};
const link: LinkRecord = {
  status: "link",
  source: "_linkage",
  messageId: "l_1",
  receivedAt: 1_764_000_000_000,
  body: { verdict: "probable", a: "crm_id:7", b: "crm_id:8", by: "lr_1", reason: "model 3", confidence: 0.995 },
};
const rules: RulesRecord = {
  status: "rules",
  source: "_rules",
  messageId: "r_1",
  receivedAt: 1_764_000_000_000,
  body: { number: 2, hash: "h", by: "t1", reason: "families", document: { hubThreshold: 4 } },
};
const bytes = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

describe("a log record", () => {
  it("is read as it was written", () => {
    for (const record of [accepted, rejected, correction, link, rules]) {
      expect(decodeRecord(encodeRecord(record))).toEqual(record);
      expect(decodeRecord(encodeRecord(record, JSON.stringify(record.body)))).toEqual(record);
      expect(encodeRecord(record, JSON.stringify(record.body))).toEqual(encodeRecord(record));
    }
  });

  it("is one line of JSON that begins with its version", () => {
    const text = Buffer.from(encodeRecord(accepted)).toString("utf8");
    expect(text).toMatch(new RegExp(`^\\{"v":${recordVersion},`));
    expect(text).not.toContain("\n");
  });

  it("of a correction has a version of its own, so that a program without corrections says it is too old", () => {
    expect(Buffer.from(encodeRecord(correction)).toString()).toMatch(new RegExp(`^\\{"v":${correctionVersion},`));
    expect(decodeHead(encodeRecord(correction))).toEqual(correction);
    for (const mixed of [
      { ...correction, v: recordVersion },
      { ...accepted, v: correctionVersion },
      { ...rules, v: correctionVersion },
      { ...correction, v: rulesRecordVersion },
    ]) {
      expect(() => decodeRecord(bytes(mixed))).toThrow(expect.objectContaining({ code: "record_unreadable" }));
    }
  });

  it("of a linkage has a version of its own, too", () => {
    expect(Buffer.from(encodeRecord(link)).toString()).toMatch(new RegExp(`^\\{"v":${linkVersion},`));
    expect(decodeHead(encodeRecord(link))).toEqual(link);
    for (const mixed of [
      { ...link, v: correctionVersion },
      { ...correction, v: linkVersion },
      { ...link, v: linkVersion, status: "constructor" },
    ]) {
      expect(() => decodeRecord(bytes(mixed))).toThrow(expect.objectContaining({ code: "record_unreadable" }));
    }
  });

  it("of an event that broke a plan has a version of its own, and its mark in the head", () => {
    const plan = { version: 3, violations: [{ kind: "wrong_type" as const, path: 'properties.a","body":{' }] };
    const { body, ...head } = accepted;
    const marked = { ...head, plan, body };
    expect(Buffer.from(encodeRecord(marked)).toString()).toMatch(new RegExp(`^\\{"v":${markedVersion},`));
    expect(decodeRecord(encodeRecord(marked))).toEqual(marked);
    const read = decodeHead(encodeRecord(marked));
    expect([read.body, "plan" in read && read.plan]).toEqual([body, plan]);
    expect("plan" in decodeHead(encodeRecord(accepted))).toBe(false);
    for (const mixed of [
      { ...marked, v: recordVersion },
      { ...accepted, v: markedVersion },
      { ...rejected, plan, v: markedVersion },
    ]) {
      expect(() => decodeRecord(bytes(mixed))).toThrow(expect.objectContaining({ code: "record_unreadable" }));
    }
  });

  it("of rules is told from its first bytes, and from nothing else", () => {
    expect(decodeHead(encodeRecord(rules))).toEqual(rules);
    expect(isDecidedAlone(encodeRecord(rules))).toBe(true);
    for (const other of [
      encodeRecord(accepted),
      encodeRecord(rejected),
      encodeRecord(correction),
      encodeRecord(link),
      bytes([]),
      bytes(""),
    ]) {
      expect(isDecidedAlone(other)).toBe(false);
    }
  });

  it("holds any body", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue()), (value) => {
        const body = JSON.parse(JSON.stringify(value)) as JsonObject;
        expect(decodeRecord(encodeRecord({ ...accepted, body }))).toEqual({ ...accepted, body });
      }),
    );
  });

  it("leaves a body's own __proto__ a key like any other", () => {
    const body = JSON.parse('{"__proto__": {"status": "rejected"}, "v": 9}') as JsonObject;
    const read = decodeRecord(encodeRecord({ ...accepted, body }));
    expect(JSON.stringify(read.body)).toBe(JSON.stringify(body));
    expect(read.status).toBe("accepted");
  });

  it("is read from a part of a larger buffer", () => {
    const payload = encodeRecord(accepted);
    const around = Buffer.concat([Buffer.from("{{{"), payload, Buffer.from("}}}")]);
    expect(decodeRecord(new Uint8Array(around).subarray(3, 3 + payload.length))).toEqual(accepted);
  });

  it("of a newer program is refused by its version", () => {
    const newer = bytes({ ...accepted, v: newestVersion + 1 });
    expect(() => decodeRecord(newer)).toThrow(
      expect.objectContaining({
        code: "record_newer",
        message: expect.stringContaining(`format ${newestVersion + 1}`),
      }),
    );
  });

  it.each([
    new Uint8Array(),
    Buffer.from("no JSON"),
    Buffer.from('{"v":1,"status":"accepted"').subarray(0, 20),
    bytes(null),
    bytes([]),
    bytes("text"),
    bytes(accepted),
    bytes({ ...accepted, v: 0 }),
    bytes({ ...accepted, v: "1" }),
    bytes({ ...accepted, v: 1, status: "lost" }),
  ])("is not read from something else (%#)", (payload) => {
    expect(() => decodeRecord(payload)).toThrow(expect.objectContaining({ code: "record_unreadable" }));
  });
});

describe("the head of a log record", () => {
  const tricky = fc.string({ unit: fc.constantFrom('"', "\\", ',"body":', "{", "}", "é", "🫖", "a") });
  it("is that of the whole, whatever its texts hold, and so is the body when it is asked for", () => {
    fc.assert(
      fc.property(tricky, tricky, fc.dictionary(tricky, fc.jsonValue()), (messageId, identifier, value) => {
        const body = JSON.parse(JSON.stringify({ ...value, body: value })) as JsonObject;
        const record = { ...accepted, messageId, event: messageId, identifiers: [identifier], body };
        const { body: read, ...head } = { ...decodeHead(encodeRecord(record)), body: null as JsonObject | null };
        expect(read).toBeNull();
        expect({ ...head, body }).toEqual(record);
        expect(decodeHead(encodeRecord(record)).body).toEqual(body);
      }),
    );
  });

  it("is not needed of what was refused, of another version, or of what is no record", () => {
    expect(decodeHead(encodeRecord(rejected))).toEqual(rejected);
    for (const bad of ["", "{", '{"v":1}', '{"v":2,"status":"accepted","body":{}}', '{"v":1,"status":"x","body":{}}']) {
      expect(() => decodeHead(Buffer.from(bad))).toThrow(expect.objectContaining({ status: 500 }));
    }
  });

  it("of a body that is no JSON is there, and the body throws", () => {
    const broken = Buffer.from(`${Buffer.from(encodeRecord(accepted)).toString().slice(0, -2)}}`);
    const read = decodeHead(broken);
    expect(read.messageId).toBe("m-1");
    expect(() => read.body).toThrow(SyntaxError);
  });
});
