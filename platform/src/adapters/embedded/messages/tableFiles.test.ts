import { expect, it } from "vitest";
import { crc32c } from "./tableFiles.ts";

/** The examples of RFC 3720, appendix B.4. */
it.each<[Uint8Array, number]>([
  [Buffer.alloc(32), 0x8a9136aa],
  [Buffer.alloc(32, 0xff), 0x62a8ab43],
  [Uint8Array.from({ length: 32 }, (_, at) => at), 0x46dd794e],
  [Buffer.from("123456789"), 0xe3069283],
])("CRC-32C of %o is %i", (bytes, expected) => {
  expect(crc32c(bytes)).toBe(expected);
});
