import { describe, expect, it } from "vitest";
import { homeOf, homeText } from "./address.ts";

describe("a home's name", () => {
  it("is one whoever writes it: names of fields, case, accents, punctuation, a country or none", () => {
    const written = [
      { street: "12 Elm Street", postalCode: "BS1 4DJ", city: "Bristol", country: "GB" },
      { line1: "12, ELM STREET", postcode: "bs14dj" },
      { street_address: "12 Élm  street.", zip: "BS1-4DJ", city: "BRISTOL" },
    ];
    expect(new Set(written.map(homeOf)).size).toBe(1);
    expect(homeOf({ street: "Rua Ás 4", city: "Porto" })).toBe(homeOf({ address1: "rua as 4", town: "PORTO" }));
    expect(homeOf("12 Elm Street, Bristol")).toBe(homeOf("12 ELM STREET BRISTOL"));
    expect(homeText(written[1])).toBe("12, ELM STREET, bs14dj");
  });

  it("is none where no single home is named", () => {
    for (const address of [
      undefined,
      null,
      "",
      "Bristol",
      "somewhere in Bristol",
      7,
      [],
      {},
      { city: "Bristol", postalCode: "BS1 4DJ" },
      { street: "Elm Street", postalCode: "BS1 4DJ" },
      { street: "12 Elm Street" },
      { street: { number: 12 }, postalCode: "BS1 4DJ" },
    ]) {
      expect(homeOf(address)).toBeNull();
    }
  });

  it("tells neighbours and namesakes apart", () => {
    const elm = { street: "12 Elm Street", postalCode: "BS1 4DJ" };
    expect(homeOf({ ...elm, street: "13 Elm Street" })).not.toBe(homeOf(elm));
    expect(homeOf({ ...elm, postalCode: "BS1 4DK" })).not.toBe(homeOf(elm));
  });

  it("is bounded, and takes any JSON", () => {
    const long = "x1".repeat(5_000);
    expect(homeOf({ street: long, postalCode: long })?.length).toBeLessThan(1_000);
    expect(homeText({ street: "\ud800 1", postalCode: 4_000 })).toBe("\ufffd 1, 4000");
    expect(homeOf({ street: "1 __proto__", postalCode: "constructor" })).not.toBeNull();
  });
});
