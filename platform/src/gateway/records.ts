import type { BufferRecord } from "../buffer/eventBuffer.ts";
import { maxRecordBytes, type LogRecord } from "../model/event.ts";
import { fragmentKey } from "../model/fragment.ts";
import { fragmentIdOf, messageKeyOf, type KeyedHash } from "../model/keyedHash.ts";
import { encodeRecord } from "../model/logRecord.ts";

/** A customer's next event most often carries the same combination: its hash is remembered. */
const maxRemembered = 50_000;

/** Puts judged calls into the log's form, with the keyed hashes that its headers carry. */
export function recordEncoder(hash: KeyedHash): (record: LogRecord) => BufferRecord {
  const fragments = new Map<string, string>();
  const fragmentOf = (key: string): string => {
    const known = fragments.get(key);
    if (known !== undefined) return known;
    if (fragments.size >= maxRemembered) fragments.clear();
    const made = fragmentIdOf(hash, key);
    fragments.set(key, made);
    return made;
  };
  return (record) => ({
    fragment: fragmentOf(fragmentKey(record.status === "accepted" ? record.identifiers : [], record.source)),
    message: messageKeyOf(hash, record.source, record.messageId),
    payload: fitting(record),
  });
}

/** A refused call may be larger than the log takes: then its copy is cut, and its reason stays. */
function fitting(record: LogRecord): Uint8Array {
  const payload = encodeRecord(record);
  if (payload.length <= maxRecordBytes || record.status === "accepted") return payload;
  return encodeRecord({ ...record, body: record.body.slice(0, maxRecordBytes >> 3).toWellFormed() });
}
