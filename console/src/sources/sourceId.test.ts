import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { idFromName, isSourceId } from "./sourceId.ts";

describe("the id of a name", () => {
  it("is one that the platform takes, or empty", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (name) => {
        const id = idFromName(name);
        expect(id === "" || isSourceId(id)).toBe(true);
      }),
    );
  });

  it("is readable", () => {
    expect(idFromName("Café “Nord” 2")).toBe("cafe-nord-2");
    expect(idFromName("  Web shop ")).toBe("web-shop");
    expect(idFromName("東京")).toBe("");
  });
});
