import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { safeReturnPath, tokenInFragment } from "./session.ts";

describe("the token of a link", () => {
  it("is read whatever it is made of", () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }).filter((text) => text.trim() !== ""),
        (token) => {
          expect(tokenInFragment(`#${new URLSearchParams({ token }).toString()}`)).toBe(token.trim());
        },
      ),
    );
  });

  it("is none in other fragments", () => {
    for (const hash of ["", "#", "#token=", "#top", "#token=%20"]) expect(tokenInFragment(hash)).toBeNull();
  });
});

describe("where signing in leads", () => {
  it("is never another site", () => {
    const origin = "https://console.example";
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl(), fc.constantFrom("//evil.example", "/\\evil.example")), (text) => {
        expect(new URL(safeReturnPath(text), origin).origin).toBe(origin);
      }),
    );
  });

  it("is the page that was asked for", () => {
    expect(safeReturnPath("/query/a1?run=1")).toBe("/query/a1?run=1");
    expect(safeReturnPath("/sign-in?back=/sign-in")).toBe("/");
  });
});
