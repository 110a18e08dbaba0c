import { hash as digest } from "node:crypto";

/**
 * Says nothing about its input to whoever lacks the key: HMAC-SHA-256 (RFC 2104) cut to 96 bits, 16 base64url
 * characters. At 10⁹ inputs two collide with probability 6·10⁻¹².
 */
export type KeyedHash = (text: string) => string;

const blockBytes = 64;
const digestBytes = 32;

/**
 * `key` is the data directory's own 32 random bytes (at most 64). Put together from one-shot digests over buffers that
 * are used again: Node's own `createHmac` costs several times as much a call, and every event needs a few.
 */
export function keyedHash(key: Uint8Array): KeyedHash {
  if (key.length > blockBytes) throw new RangeError(`a key has at most ${blockBytes} bytes`);
  let inner = Buffer.alloc(1_024, 0x36);
  const outer = Buffer.alloc(blockBytes + digestBytes, 0x5c);
  for (const [at, byte] of key.entries()) {
    inner[at] = byte ^ 0x36;
    outer[at] = byte ^ 0x5c;
  }
  return (text) => {
    const most = blockBytes + text.length * 3;
    if (inner.length < most) inner = Buffer.concat([inner.subarray(0, blockBytes)], most * 2);
    const end = blockBytes + inner.write(text, blockBytes, "utf8");
    outer.set(digest("sha256", inner.subarray(0, end), "buffer"), blockBytes);
    return digest("sha256", outer, "base64url").slice(0, 16);
  };
}

/** Every identifier has a potential profile id: that of a person is its earliest identifier's. */
export function profileIdOf(hash: KeyedHash, identifierKey: string): string {
  return `p_${hash(`identifier\n${identifierKey}`)}`;
}
export function fragmentIdOf(hash: KeyedHash, key: string): string {
  return hash(`fragment\n${key}`);
}
export function orderKeyOf(hash: KeyedHash, namespace: string, orderId: string): string {
  return hash(`order\n${namespace}\n${orderId}`);
}
/** Deduplication key of an accepted event. */
export function messageKeyOf(hash: KeyedHash, source: string, messageId: string): string {
  return hash(`message\n${source}\n${messageId}`);
}
