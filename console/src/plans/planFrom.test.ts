import { describe, expect, it } from "vitest";
import { readPlan } from "../../../platform/src/gateway/plans/readPlan.ts";
import { planExample } from "./planExample.ts";
import { planFrom, type SeenShape } from "./planFrom.ts";

const seen = (event: string | null, shape: SeenShape["shape"], calls = 1, type = "track"): SeenShape => ({
  type,
  event,
  shape,
  calls,
});

describe("a plan from what was sent", () => {
  it("names events, properties and types, and requires what all of enough calls had", () => {
    const plan = planFrom([
      seen("Product Viewed", { sku: "VARCHAR", price: "DOUBLE", list: [{ n: "UBIGINT" }] }, 15),
      seen("Product Viewed", { sku: "VARCHAR", price: "UBIGINT", deep: { ok: "BOOLEAN" } }, 15),
      seen("Rare", { sku: "VARCHAR" }, 2),
      seen(null, { plan: "VARCHAR" }, 3, "identify"),
      seen("Home", { url: "VARCHAR" }, 3, "page"),
      seen(null, {}, 3, "alias"),
    ]);
    expect(plan).toEqual({
      mode: "observe",
      unplannedEvents: "observe",
      events: {
        "Product Viewed": {
          type: "object",
          required: ["sku", "price"],
          properties: {
            sku: { type: "string" },
            price: { type: "number" },
            list: {
              type: "array",
              items: { type: ["null", "object"], properties: { n: { type: ["integer", "null"] } } },
            },
            deep: { type: "object", properties: { ok: { type: "boolean" } } },
          },
        },
        Rare: { type: "object", properties: { sku: { type: "string" } } },
      },
      traits: { type: "object", properties: { plan: { type: "string" } } },
      pageProperties: { type: "object", properties: { url: { type: "string" } } },
    });
  });

  it("says of mixed values only what holds of all of them", () => {
    const shapes = [
      seen("A", { a: "VARCHAR", b: "JSON", c: ["NULL"], d: "NULL", e: ["JSON"], f: { g: "VARCHAR" } }),
      seen("A", { a: "BOOLEAN", b: "VARCHAR", c: ["NULL"], d: "VARCHAR", f: "VARCHAR" }),
    ];
    expect(planFrom(shapes)["events"]).toMatchObject({
      A: {
        properties: {
          a: { type: ["boolean", "string"] },
          b: {},
          c: { type: "array" },
          d: { type: ["null", "string"] },
          e: { type: "array", items: {} },
          f: {},
        },
      },
    });
  });

  it("is one that the platform takes, as the example is", () => {
    const shape = { a: "VARCHAR", b: [{ c: "NULL" }], constructor: "JSON", "a b": { "": "DOUBLE" } };
    for (const plan of [planFrom([seen("A", shape, 40)]), planFrom([]), planExample]) {
      expect(() => readPlan(plan)).not.toThrow();
    }
  });
});
