import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  convertTypes,
  newStep,
  parsedDocument,
  pointerOf,
  type Step,
  stepOps,
  stepsOf,
  transformationOf,
} from "./steps.ts";

describe("steps", () => {
  it("begin at the field of the cause", () => {
    expect(pointerOf("properties.products[*].price")).toBe("/properties/products/*/price");
    expect(pointerOf("/a/b")).toBe("/a/b");
    expect(newStep("convert", "properties.total").path).toBe("/properties/total");
  });

  it("become operations: values are JSON where they are some", () => {
    const set = newStep("set", "a");
    expect(transformationOf([])).toBeNull();
    expect(
      transformationOf([
        { ...set, value: "5" },
        { ...set, value: "GBP", onlyIfMissing: true },
      ]),
    ).toEqual({
      operations: [
        { op: "set", path: "/a", value: 5 },
        { op: "set", path: "/a", value: "GBP", onlyIfMissing: true },
      ],
    });
    const map: Step = { ...newStep("map", "a"), values: "shop = web\n\n1 = null", otherwise: '"1"' };
    expect(transformationOf([map])?.operations).toEqual([
      { op: "map", path: "/a", values: { shop: "web", "1": null }, otherwise: "1" },
    ]);
  });

  it("of what the form can say, come back from the document as they were", () => {
    const word = fc.stringMatching(/^[a-z]{1,8}$/);
    const step = fc
      .record({
        op: fc.constantFrom(...stepOps),
        path: word.map((each) => `/${each}`),
        to: word.map((each) => `/${each}`),
        value: fc.oneof(word, fc.json({ maxDepth: 2 })),
        onlyIfMissing: fc.boolean(),
        type: fc.constantFrom(...convertTypes),
        decimal: fc.constantFrom("." as const, "," as const),
        values: fc.tuple(word, word).map(([from, to]) => `${from} = ${to}`),
        otherwise: fc.oneof(fc.constant(""), word),
        format: fc.constantFrom("iso", "dd/MM/yyyy"),
        zone: fc.constantFrom("UTC", "Europe/London"),
      })
      .map((made): Step => made);
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 4 }), (steps) => {
        const document = transformationOf(steps);
        const again = document === null ? null : stepsOf(document);
        expect(again === null ? null : transformationOf(again)).toEqual(document);
      }),
    );
  });

  it("are not made of what says more", () => {
    expect(stepsOf({ operations: [{ op: "future", path: "/a" }] })).toBeNull();
    expect(stepsOf({ operations: [{ op: "remove", path: "/a", more: 1 }] })).toBeNull();
    expect(parsedDocument("{")).toMatchObject({ fault: expect.any(String) });
    expect(parsedDocument("[]")).toEqual({ fault: null });
    expect(parsedDocument('{"operations":[{"op":"remove","path":"/a"}]}')).toMatchObject({
      document: expect.anything(),
    });
  });
});
