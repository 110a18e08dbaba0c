import { Problem } from "../../model/problem.ts";
import type { Comparison } from "./comparison.ts";
import type { LinkageModel } from "./model.ts";

/**
 * Reads a linkage model's text. Problem 422 `linkage_model_invalid` names the first field that is wrong by its path
 * (`comparisons[0].levels[1].match`).
 */
export async function parseLinkageModel(document: string): Promise<LinkageModel> {
  let value: unknown;
  try {
    value = JSON.parse(document.replace(/^\uFEFF/, ""));
  } catch {
    throw invalid("", "is not JSON");
  }
  // Every thread of the platform has this file among its imports, and hardly one ever reads a model.
  const { modelValidator } = await import("./modelSchema.ts");
  if (!modelValidator.Check(value)) {
    const [error] = modelValidator.Errors(value);
    throw invalid(pathOf(error?.instancePath ?? ""), error?.message ?? "is not as it should be");
  }
  checkTogether(value);
  return value;
}

function checkTogether({ clusters, comparisons }: LinkageModel): void {
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
