import { type Static, Type } from "typebox";
import { Compile } from "typebox/compile";
import { Problem } from "../../model/problem.ts";
import { columnTypes } from "./columnType.ts";
import type { Comparison } from "./comparison.ts";
import { type LinkageModel, modelFormat, modelVersion } from "./model.ts";

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

const validator = Compile(modelSchema);

/**
 * Reads a linkage model's text. Problem 422 `linkage_model_invalid` names the first field that is wrong by its path
 * (`comparisons[0].levels[1].match`).
 */
export function parseLinkageModel(document: string): LinkageModel {
  let value: unknown;
  try {
    value = JSON.parse(document.replace(/^\uFEFF/, ""));
  } catch {
    throw invalid("", "is not JSON");
  }
  if (!validator.Check(value)) {
    const [error] = validator.Errors(value);
    throw invalid(pathOf(error?.instancePath ?? ""), error?.message ?? "is not as it should be");
  }
  checkTogether(value);
  return value;
}

function checkTogether({ clusters, comparisons }: Static<typeof modelSchema>): void {
  if (clusters.minWeight > clusters.maxWeight) throw invalid("clusters.minWeight", "is above maxWeight");
  if (clusters.unscoredWeight > clusters.joinWeight) {
    throw invalid("clusters.unscoredWeight", "is above joinWeight: records that were never compared would join");
  }
  const seen = new Set<string>();
  for (const [at, { name, levels }] of comparisons.entries()) {
    if (seen.has(name)) throw invalid(`comparisons[${at}].name`, `is there twice: ${name}`);
    seen.add(name);
    for (const [number, { terms }] of levels.entries()) {
      if (terms !== undefined && terms.match.length !== terms.stranger.length)
        throw invalid(`comparisons[${at}].levels[${number}].terms`, "has lists of two lengths");
    }
  }
}

/** Holds a model against the comparisons that the tables' columns make. Problem 422 `linkage_model_mismatch`. */
export function checkModelFits(model: LinkageModel, comparisons: readonly Comparison[]): void {
  const known = new Map(model.comparisons.map((each) => [each.name, each]));
  for (const { name, levels } of comparisons) {
    const labels = known.get(name)?.levels.map(({ label }) => label);
    const isSame = labels?.length === levels.length && levels.every(({ label }, at) => labels[at] === label);
    if (isSame) continue;
    const what = labels === undefined ? `has no comparison ${name}` : `compares ${name} in other ways`;
    throw new Problem(422, "linkage_model_mismatch", `The model ${what}, which these tables' columns ask for.`, {
      hint: "Leave that column out with --map COLUMN=ignore, name its type, or learn a new model from these tables.",
      field: name,
    });
  }
}

function pathOf(pointer: string): string {
  return pointer
    .split("/")
    .slice(1)
    .map((part, at) => (/^\d+$/.test(part) ? `[${part}]` : `${at === 0 ? "" : "."}${part}`))
    .join("");
}

function invalid(field: string, what: string): Problem {
  const name = field === "" ? "The linkage model" : `The linkage model's ${field}`;
  return new Problem(422, "linkage_model_invalid", `${name} ${what}.`, {
    hint: "Write one with --save-model FILE; docs/linkage.md describes its fields.",
    ...(field === "" ? {} : { field }),
  });
}
