import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Encoding } from "./mappingSchema.ts";
import { maxLineBytes, textBlocks } from "./textBlocks.ts";
import { utf8Bytes } from "./textBytes.ts";

async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(bytes: Uint8Array, encoding: Encoding = "utf-8", size = 7) {
  let text = "";
  const faults: [number, string][] = [];
  let line = 1;
  for await (const block of textBlocks(utf8Bytes(cut(bytes, size), encoding))) {
    expect(block.firstLine).toBe(line);
    line += block.text.split("\n").length - 1;
    text += block.text;
    faults.push(...[...block.faults].map(([at, { code }]): [number, string] => [at, code]));
  }
  return { text, faults };
}

function encoded(text: string, encoding: Encoding): Buffer {
  if (encoding === "utf-16le") return Buffer.from(text, "utf16le");
  if (encoding === "utf-16be") return Buffer.from(text, "utf16le").swap16();
  return Buffer.from(text, encoding === "utf-8" ? "utf8" : "latin1");
}

describe("text", () => {
  it.each<Encoding>(["utf-8", "utf-16le", "utf-16be"])(
    "in %s is read however it is cut, its mark taken off",
    async (encoding) => {
      const text = fc.string({ unit: fc.constantFrom("a", "ä", "€", "😀", "\n", "\r\n", "\u010a", "\u0a00") });
      await fc.assert(
        fc.asyncProperty(text, fc.integer({ min: 3, max: 20 }), fc.boolean(), async (whole, size, isMarked) => {
          const bytes = encoded((isMarked ? "\uFEFF" : "") + whole, encoding);
          expect(await read(bytes, encoding, size)).toEqual({ text: whole, faults: [] });
        }),
      );
    },
  );

  it("in Latin-1 has the euro sign of windows-1252", async () => {
    const bytes = Buffer.from([0x63, 0x61, 0x66, 0xe9, 0x20, 0x80, 0x0a]);
    for (const encoding of ["latin1", "windows-1252"] as const)
      expect(await read(bytes, encoding)).toEqual({ text: "café €\n", faults: [] });
    expect((await read(bytes)).faults).toEqual([[1, "text_invalid"]]);
  });

  it("whose mark says another encoding is refused before anything is read", async () => {
    const wrong: [Encoding, Encoding][] = [
      ["utf-8", "utf-16le"],
      ["utf-8", "utf-16be"],
      ["latin1", "utf-8"],
      ["utf-16be", "utf-16le"],
    ];
    for (const [declared, actual] of wrong)
      await expect(
        read(encoded("\uFEFFa\n", actual === "utf-8" ? "utf-8" : actual), declared, 99),
      ).rejects.toMatchObject({
        code: "encoding_wrong",
        hint: expect.stringContaining(actual),
      });
  });

  it("with half a character names its line only", async () => {
    const lone = Buffer.from("a\n\uD800b\nc\n", "utf16le");
    expect((await read(lone, "utf-16le")).faults).toEqual([[2, "text_invalid"]]);
    const odd = Buffer.concat([Buffer.from("a\nb", "utf16le"), Buffer.from([0x41])]);
    expect((await read(odd, "utf-16le")).faults).toEqual([[2, "text_invalid"]]);
    const cutOff = Buffer.concat([Buffer.from("a\nb\nc"), Buffer.from([0xe2, 0x82])]);
    expect((await read(cutOff)).faults).toEqual([[3, "text_invalid"]]);
  });

  it("does not hold a line that is too long, and goes on after it", async () => {
    const long = Buffer.alloc(maxLineBytes * 2 + 5, "x");
    const around = (middle: Buffer) => Buffer.concat([Buffer.from("a\n"), middle, Buffer.from("\nb\n")]);
    expect(await read(around(long), "utf-8", 1_000_000)).toEqual({ text: "a\n\nb\n", faults: [[2, "line_too_long"]] });
    expect(await read(Buffer.concat([Buffer.from("a\n"), long]), "utf-8", 1_000_000)).toEqual({
      text: "a\n\n",
      faults: [[2, "line_too_long"]],
    });
    const longest = Buffer.alloc(maxLineBytes, "x");
    expect((await read(around(longest), "utf-8", 1_000_000)).faults).toEqual([]);
  });
});
