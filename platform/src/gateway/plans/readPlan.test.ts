import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Problem } from "../../model/problem.ts";
import { compilePlan, schemasOf } from "./judging.ts";
import { readPlan } from "./readPlan.ts";

const withPrice = (schema: unknown) => ({
  events: { "Order Completed": { type: "object", properties: { price: schema } } },
});
const price = 'events["Order Completed"].properties.price';

function problemOf(document: unknown): Problem {
  try {
    readPlan(document);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error("it was read");
}

describe("a tracking plan's document", () => {
  it("is read, with what it leaves out", () => {
    expect(readPlan({})).toEqual({ mode: "observe", unplannedEvents: "allow", events: {} });
    const document = {
      $schema: "http://json-schema.org/draft-07/schema#",
      mode: "drop",
      unplannedEvents: "reject",
      events: { A: { $ref: "#/$defs/sku" }, B: { required: ["x"], $ref: "#/$defs/sku" } },
      traits: { properties: { plan: { $ref: "#/$defs/own~1one" } }, $defs: { "own/one": { type: "string" } } },
      $defs: { sku: { type: "object", properties: { sku: { type: "string" } } } },
    };
    const sku = document.$defs.sku;
    expect(readPlan(document)).toEqual({
      mode: "drop",
      unplannedEvents: "reject",
      events: { A: sku, B: { required: ["x"], allOf: [sku] } },
      traits: { properties: { plan: { type: "string" } } },
    });
  });

  it.each<[what: string, document: unknown, field: string | undefined, says: RegExp]>([
    ["no object", [], undefined, /must be an object/],
    ["an unknown part", { evnets: {} }, "evnets", /no part of a plan/],
    ["an unknown mode", { mode: "block" }, "mode", /cannot be `block`/],
    ["events in a list", { events: [] }, "events", /must be an object/],
    ["a nameless event", { events: { " ": {} } }, "events", /names an event of no/],
    [
      "too many events",
      { events: Object.fromEntries(Array.from({ length: 501 }, (_, at) => [`e${at}`, {}])) },
      "events",
      /more than 500/,
    ],
    ["another draft", { $schema: "http://json-schema.org/draft-04/schema#" }, "$schema", /another JSON Schema/],
    ["a schema that is none", { traits: 7 }, "traits", /must be an object/],
    ["a slip of the pen", withPrice({ maxLenght: 3 }), `${price}.maxLenght`, /no keyword/],
    ["an older keyword", { traits: { definitions: {} } }, "traits.definitions", /no keyword/],
    ["a wrong type", withPrice({ type: "money" }), `${price}.type`, /JSON Schema's own values/],
    ["a wrong value of a keyword", withPrice({ minLength: -1 }), `${price}.minLength`, /must be >= 0/],
    ["a wrong list", withPrice({ required: "sku" }), `${price}.required`, /must be array/],
    ["an unknown format", withPrice({ format: "iban" }), `${price}.format`, /no format that is checked/],
    ["no regular expression", withPrice({ pattern: "(" }), `${price}.pattern`, /not a regular expression/],
    ["a pattern that looks ahead", withPrice({ pattern: "(?=a)b" }), `${price}.pattern`, /looks ahead/],
    [
      "a pattern that repeats too much",
      withPrice({ pattern: "(a{1,100}){1,9}" }),
      `${price}.pattern`,
      /too long to match/,
    ],
    ["a long pattern", withPrice({ pattern: "a".repeat(513) }), `${price}.pattern`, /at most 512/],
    [
      "a pattern of names that is none",
      { traits: { patternProperties: { "(": {} } } },
      'traits.patternProperties["("]',
      /not a regular/,
    ],
    [
      "a remote reference",
      withPrice({ $ref: "https://example.com/a.json" }),
      `${price}.$ref`,
      /nothing that a plan can look up/,
    ],
    ["a reference into nothing", withPrice({ $ref: "#/$defs/none" }), `${price}.$ref`, /not in `\$defs`/],
    [
      "a reference to itself",
      { traits: { $ref: "#/$defs/a" }, $defs: { a: { items: { $ref: "#/$defs/a" } } } },
      "$defs.a.items.$ref",
      /goes round/,
    ],
    ["a mistake in what nobody names", { $defs: { a: { typ: "string" } } }, "$defs.a.typ", /no keyword/],
    ["an id", { traits: { $id: "x" } }, "traits.$id", /no keyword/],
    ["NUL in a text", { traits: { title: "a\0" } }, "traits.title", /not Unicode, or NUL/],
    ["a name of prototypes", JSON.parse('{"events": {"__proto__": {}}}'), "events", /__proto__/],
    [
      "prototypes deep inside",
      { traits: { const: JSON.parse('{"__proto__": 1}') as unknown } },
      "traits.const",
      /__proto__/,
    ],
  ])("is refused with %s, by place and with how to mend it", (_, document, field, says) => {
    const problem = problemOf(document);
    expect(problem).toMatchObject({
      status: 400,
      code: "tracking_plan_invalid",
      field,
      hint: expect.stringMatching(/\w{3}/),
    });
    expect(problem.message).toMatch(says);
  });

  it("is bounded in size, depth and in what references make of it", () => {
    expect(problemOf({ traits: { title: "x".repeat(262_144) } }).message).toContain("262144 characters");
    let deep: unknown = {};
    for (let at = 0; at < 40; at += 1) deep = { items: deep };
    expect(problemOf({ traits: deep }).message).toContain("nested deeper than 32");
    let endless: unknown = {};
    for (let at = 0; at < 20_000; at += 1) endless = [endless];
    expect(problemOf({ traits: { const: endless } }).message).toContain("nested too deeply");
    // Ten doublings of ten make ten thousand million.
    const $defs: Record<string, unknown> = { d0: { type: "string" } };
    for (let at = 1; at <= 10; at += 1) {
      $defs[`d${at}`] = { anyOf: Array.from({ length: 10 }, () => ({ $ref: `#/$defs/d${at - 1}` })) };
    }
    expect(problemOf({ traits: { $ref: "#/$defs/d10" }, $defs }).message).toContain("beyond 20000 schemas");
  });

  it("is no program: whatever its texts hold stays text", () => {
    const marker = globalThis as { broken?: boolean };
    const attack = fc.constantFrom(
      '"];globalThis.broken=true;//',
      "'+(globalThis.broken=true)+'",
      "${globalThis.broken=true}",
      "`;globalThis.broken=true;`",
      '\\";globalThis.broken=true//',
      "*/globalThis.broken=true/*",
      "\u2028globalThis.broken=true\u2029",
      "constructor",
      "toString",
    );
    fc.assert(
      fc.property(attack, attack, (one, other) => {
        const schema = {
          title: one,
          $comment: other,
          type: "object",
          required: [one],
          properties: { [one]: { const: other }, [other]: { enum: [one, { [other]: one }] } },
          dependentRequired: { [one]: [other] },
          additionalProperties: { default: other },
        };
        const plan = readPlan({ events: { [one]: schema }, $defs: { [other]: {} } });
        for (const { compile } of schemasOf(plan)) compile();
        const { judge } = compilePlan(plan, 1);
        expect(judge({ type: "track", event: one, body: {} })?.mark.violations).toEqual([
          { kind: "required_missing", path: expect.stringContaining("properties.") },
        ]);
        judge({ type: "track", event: one, body: { properties: { [one]: other, [other]: one } } });
        expect(marker.broken).toBeUndefined();
      }),
    );
  });
});
