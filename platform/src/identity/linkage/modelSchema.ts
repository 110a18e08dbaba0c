import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { columnTypes } from "./columnType.ts";
import { modelFormat, modelVersion } from "./model.ts";

const closed = { additionalProperties: false } as const;
const share = Type.Number({ minimum: 0, maximum: 1 });
const weight = Type.Number({ minimum: -1_000, maximum: 1_000 });
const text = Type.String({ minLength: 1, maxLength: 200 });
const buckets = Type.Array(share, { minItems: 1, maxItems: 64 });
const rate = Type.Number({ minimum: 0, maximum: 1_000_000 });

const levelSchema = Type.Object(
  {
    label: text,
    match: share,
    household: share,
    stranger: share,
    terms: Type.Optional(Type.Object({ match: buckets, stranger: buckets }, closed)),
  },
  closed,
);

const modelSchema = Type.Object(
  {
    format: Type.Literal(modelFormat),
    version: Type.Literal(modelVersion),
    columns: Type.Array(
      Type.Array(Type.Object({ name: Type.String({ maxLength: 1_000 }), type: Type.Enum([...columnTypes]) }, closed), {
        maxItems: 4_096,
      }),
      { minItems: 1, maxItems: 2 },
    ),
    comparisons: Type.Array(
      Type.Object({ name: text, levels: Type.Array(levelSchema, { minItems: 2, maxItems: 1_000 }) }, closed),
      { minItems: 1, maxItems: 64 },
    ),
    matchesPerRecord: rate,
    householdsPerRecord: rate,
    clusters: Type.Object({ joinWeight: weight, unscoredWeight: weight, maxWeight: weight, minWeight: weight }, closed),
    acceptProbability: share,
  },
  closed,
);

export const modelValidator = Compile(modelSchema);
