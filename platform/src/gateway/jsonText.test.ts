import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { maxDepth } from "../model/event.ts";
import { parseJson, scanJson } from "./jsonText.ts";
import { maxBodyDepth } from "./limits.ts";
import { unstorable } from "./storable.ts";

const bytes = (text: string): Buffer => Buffer.from(text);
const scan = (text: string): ReturnType<typeof scanJson> => scanJson(bytes(text), maxBodyDepth);
const codeOf = (body: Buffer): string => {
  try {
    parseJson(body, maxDepth);
  } catch (error) {
    return (error as { code: string }).code;
  }
  return "taken";
};

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

describe("a look at JSON before it is parsed", () => {
  it.each([
    ["1", 0],
    ["{}", 1],
    ['[[],[{"a":[]}]]', 4],
    ['["[[[[", "{{{{"]', 1],
    [String.raw`["\"[[[", "\\", [1]]`, 2],
    [String.raw`["\\\"[[[\\\\", [[]]]`, 3],
    ["[[[", 3],
    ["]]][[", 0],
    ['"[[[', 0],
  ])("counts the brackets in brackets of %s", (text, depth) => {
    expect(scan(text).depth).toBe(depth);
  });

  it("counts as the parsed value is nested, in whatever layout", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(undefined, 1, "\t"), (value, space) => {
        expect(scan(JSON.stringify(value, null, space)).depth).toBe(depthOf(JSON.parse(JSON.stringify(value))));
      }),
    );
  });

  it("stops where it has seen enough", () => {
    expect(scan("[".repeat(250_000)).depth).toBe(maxBodyDepth + 1);
  });

  it.each([
    String.raw`"\u0000"`,
    String.raw`{"a\u0000": 1}`,
    String.raw`"\ud83e"`,
    String.raw`"\uD83E\uDED6"`,
    "1e999",
    "[-1E400]",
    "1e+400",
    "1".repeat(400),
    `-${"9".repeat(310)}.5`,
  ])("suspects %s", (text) => {
    expect(scan(text).isSuspect).toBe(true);
  });

  it.each([
    '{"a": [true, false, null, 12.75, -3]}',
    '"1e999 ud800 \\\\u0000"',
    '"\\u00e9\\n"',
    '"🫖"',
    "12345678901234567890",
  ])("does not suspect %s", (text) => {
    expect(scan(text).isSuspect).toBe(false);
  });

  it("lets nothing pass that no store can keep", () => {
    const bad = fc.constantFrom(
      String.raw`"\u0000"`,
      String.raw`"x\ud800y"`,
      String.raw`"\uDFFF"`,
      String.raw`"\\\udc00"`,
      "1e999",
      "-1e309",
      "9".repeat(309),
      "[".repeat(maxDepth) + "]".repeat(maxDepth),
    );
    const wrap = fc.constantFrom("[%]", '{"a":%}', '[1,"\\\\",%]', '{"x":"\\"","y":[true,%]}', '["\\u00e9",1.5e3,%]');
    fc.assert(
      fc.property(bad, fc.array(wrap, { minLength: 1, maxLength: 4 }), (inner, wraps) => {
        const text = wraps.reduce((json, outer) => outer.replace("%", () => json), inner);
        const parsed = parseJson(bytes(text), maxDepth);
        expect(unstorable(parsed.value)).not.toBeNull();
        expect(parsed.isSuspect).toBe(true);
      }),
    );
  });

  it("takes any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (body) => {
        const { depth } = scanJson(body, 10);
        expect(depth).toBeLessThanOrEqual(11);
      }),
    );
  });
});

describe("the items of a batch", () => {
  it("are found in the bytes as the parser finds them, or not at all", () => {
    const any = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })));
    const batch = fc.array(any, { maxLength: 6 });
    const around = fc.array(fc.tuple(fc.constantFrom("context", "sentAt", "x", "__proto__"), any), { maxLength: 3 });
    fc.assert(
      fc.property(batch, around, around, fc.constantFrom("", " ", "\t", "\n"), (items, before, after, space) => {
        const member = ([name, value]: [string, unknown]): string =>
          `"${name}"${space}:${space}${JSON.stringify(value)}`;
        const list = `[${space}${items.map((item) => JSON.stringify(item)).join(`${space},${space}`)}${space}]`;
        const text = `{${[...before.map(member), `"batch":${list}`, ...after.map(member)].join(`,${space}`)}}`;
        const found = parseJson(bytes(text), maxDepth).items;
        if (found === null) return;
        const objects = (JSON.parse(list) as unknown[]).filter(
          (item) => typeof item === "object" && item !== null && !Array.isArray(item),
        );
        expect(found.map((item) => JSON.parse(item.toString()) as unknown)).toEqual(objects);
        for (const item of found) expect(item.includes("\n")).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it("are found where a client sends them", () => {
    const items = [{ type: "track", properties: { products: [{ a: "}]" }] } }, { type: "page" }];
    const found = parseJson(bytes(JSON.stringify({ batch: items, context: { a: {} }, sentAt: "x" })), maxDepth).items;
    expect(found?.map(String)).toEqual(items.map((item) => JSON.stringify(item)));
  });
});

describe("parsing what came from outside", () => {
  it("takes what JSON.parse takes", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value);
        expect(parseJson(bytes(text), maxDepth).value).toEqual(JSON.parse(text));
        expect(parseJson(bytes(`\ufeff${text}`), maxDepth).value).toEqual(JSON.parse(text));
      }),
    );
  });

  it("tells what is wrong", () => {
    expect(codeOf(bytes(""))).toBe("body_empty");
    expect(codeOf(bytes("[".repeat(maxBodyDepth) + "]".repeat(maxBodyDepth)))).toBe("taken");
    expect(codeOf(bytes("[".repeat(maxBodyDepth + 1)))).toBe("too_deep");
    expect(codeOf(bytes("{"))).toBe("json_invalid");
    expect(codeOf(bytes("\ufeff\ufeff{}"))).toBe("json_invalid");
    expect(codeOf(bytes("\ufeff"))).toBe("json_invalid");
    expect(codeOf(Buffer.from("{}", "utf16le"))).toBe("json_invalid");
    expect(codeOf(Buffer.from("\ufeff{}", "utf16le"))).toBe("not_utf8");
    expect(codeOf(Buffer.from('"é"', "latin1"))).toBe("not_utf8");
    // CESU-8: the two halves of a surrogate pair, each as three bytes.
    expect(codeOf(Buffer.from([0x22, 0xed, 0xa0, 0xbe, 0xed, 0xbb, 0x96, 0x22]))).toBe("not_utf8");
  });

  it("lets the last of two equal keys count, so that one text means one thing", () => {
    expect(parseJson(bytes('{"a":1,"a":2}'), maxDepth).value).toEqual({ a: 2 });
  });
});
