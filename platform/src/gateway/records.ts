import type { BufferRecord } from "../buffer/eventBuffer.ts";
import { maxRecordBytes } from "../model/event.ts";
import { fragmentKey } from "../model/fragment.ts";
import { fragmentIdOf, messageKeyOf, type KeyedHash } from "../model/keyedHash.ts";
import { encodeRecord } from "../model/logRecord.ts";
import type { Judged } from "./accept.ts";

/** Combinations whose hash is remembered, in each of two generations: a customer's next event most often has the same. */
const maxRemembered = 25_000;
/** Characters of a refused call that surely fit into a record, whatever they are. */
const maxCutChars = maxRecordBytes >> 3;

/** Puts judged calls into the log's form, with the keyed hashes that its headers carry. */
export function recordEncoder(hash: KeyedHash): (judged: Judged) => BufferRecord {
  const fragmentOf = remembering((key) => fragmentIdOf(hash, key));
  return (judged) => ({
    fragment: fragmentOf(fragmentKey(judged.identifiers, judged.record.source)),
    message: messageKeyOf(hash, judged.record.source, judged.record.messageId),
    payload: payloadOf(judged),
  });
}

/** A refused call may be larger than the log takes: then its copy is cut, and its reason stays. */
function payloadOf({ record, bodyJson }: Judged): Uint8Array {
  const payload = encodeRecord(record, bodyJson);
  if (payload.length <= maxRecordBytes || record.status === "accepted") return payload;
  return encodeRecord({ ...record, body: record.body.slice(0, maxCutChars).toWellFormed() });
}

/** Two generations: what is asked for again moves to the young one; the old one goes when the young one is full. */
function remembering(make: (key: string) => string): (key: string) => string {
  let young = new Map<string, string>();
  let old = young;
  return (key) => {
    let value = young.get(key);
    if (value !== undefined) return value;
    value = old.get(key) ?? make(key);
    if (young.size >= maxRemembered) {
      old = young;
      young = new Map();
    }
    young.set(key, value);
    return value;
  };
}
