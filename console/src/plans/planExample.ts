import type { JsonDocument } from "../parts/jsonDocument.ts";

/** A small plan to begin with, in which descriptions say what the parts mean. */
export const planExample: JsonDocument = {
  mode: "observe",
  unplannedEvents: "observe",
  events: {
    "Product Viewed": {
      description: "Properties of the track call of this name.",
      type: "object",
      required: ["sku"],
      properties: {
        sku: { $ref: "#/$defs/sku" },
        price: { description: "A number, not a text.", type: "number", minimum: 0 },
      },
    },
  },
  traits: {
    description: "Of identify calls.",
    type: "object",
    properties: { plan: { description: "One of these.", enum: ["free", "gold"] } },
  },
  $defs: {
    sku: { description: "Named by $ref wherever it is meant.", type: "string", pattern: "^[A-Z]+-[0-9]+$" },
  },
};
