import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fieldPlace, lineOf, scanJson } from "./jsonPlaces.ts";

const call = '{\n  "type": "track",\n  "properties": { "products": [{ "price": 1e300 }, {}] }\n}';
const at = (field: string): string | null => {
  const place = fieldPlace(call, field);
  return place === null ? null : `${place.isThere} ${call.slice(place.from, place.to)}`;
};

describe("where a field stands", () => {
  it("is its name and value, by dots or as a pointer", () => {
    expect(at("properties.products[0].price")).toBe('true "price": 1e300');
    expect(at("/properties/products/0/price")).toBe('true "price": 1e300');
    expect(at("type")).toBe('true "type": "track"');
  });

  it("is found by names in quotes, whatever they hold", () => {
    const name = fc.string({ minLength: 1 });
    fc.assert(
      fc.property(name, name, (outer, inner) => {
        const text = JSON.stringify({ [outer]: { [inner]: 7 } });
        const place = fieldPlace(text, `[${JSON.stringify(outer)}][${JSON.stringify(inner)}]`);
        expect(place).toMatchObject({ isThere: true });
        expect(text.slice(place?.from, place?.to)).toBe(`${JSON.stringify(inner)}:7`);
      }),
    );
    const text = '{"events": {"Product Viewed": {"properties": {"price": 1}}}}';
    const place = fieldPlace(text, 'events["Product Viewed"].properties.price');
    expect(text.slice(place?.from, place?.to)).toBe('"price": 1');
  });

  it("is what should hold it, where it is missing", () => {
    expect(at("event")).toBe("false {");
    expect(at("properties.total")).toBe('false "properties"');
    expect(at("properties.products[1].price")).toBe("false {");
  });

  it("is nowhere in what is no JSON", () => {
    expect(fieldPlace("{", "event")).toBeNull();
  });
});

describe("what is wrong with JSON", () => {
  it.each([
    ["", "value", 0],
    ['{"a" 1}', "colon", 5],
    ['{"a":1 "b":2}', "comma", 7],
    ["{a:1}", "name", 1],
    ['{"a":1,}', "name", 7],
    ["[1,]", "value", 3],
    ['{"a":"x}', "text", 5],
    [String.raw`["\x"]`, "escape", 2],
    ["{} {}", "more", 3],
    ['{"a":1,"a":2}', "twice", 7],
    ["[".repeat(300), "deep", 201],
    ["01", "more", 1],
    ["'a'", "value", 0],
  ])("%s", (text, fault, from) => {
    expect(scanJson(text)).toMatchObject({ fault, place: { from } });
  });

  it("is told by line and column", () => {
    expect(lineOf("{\n  x", 4)).toEqual({ line: 2, column: 3 });
  });

  it("agrees with the parser on everything", () => {
    const mangled = fc
      .tuple(fc.json({ maxDepth: 4 }), fc.nat(), fc.constantFrom("", ",", "}", '"', "\\", "[", " ", "1", ":"))
      .map(([text, place, put]) => {
        const index = place % (text.length + 1);
        return text.slice(0, index) + put + text.slice(index + (put === "" ? 1 : 0));
      });
    fc.assert(
      fc.property(fc.oneof(fc.json({ maxDepth: 4 }), mangled), (text) => {
        const scanned = scanJson(text);
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        // A name that stands twice is JSON, and yet a mistake.
        if ("fault" in scanned && scanned.fault === "twice") return;
        expect("root" in scanned).toBe(isJson);
        if ("fault" in scanned) expect(scanned.place.to).toBeLessThanOrEqual(text.length);
      }),
      { numRuns: 1_000 },
    );
  });
});
