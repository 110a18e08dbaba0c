import { describe, expect, it } from "vitest";
import type { LinkageModel } from "./model.ts";
import { parseLinkageModel } from "./parseModel.ts";

const model: LinkageModel = {
  format: "c360-linkage-model",
  version: 1,
  columns: [[{ name: "first", type: "given_name" }]],
  comparisons: [
    {
      name: "given_name",
      levels: [
        { label: "missing", match: 1, household: 1, stranger: 1 },
        {
          label: "same",
          match: 0.8,
          household: 0.01,
          stranger: 0.01,
          terms: { match: [0.5, 0.5], stranger: [0.9, 0.1] },
        },
      ],
    },
  ],
  matchesPerRecord: 0.5,
  householdsPerRecord: 0.1,
  clusters: { joinWeight: -2, unscoredWeight: -4, maxWeight: 12, minWeight: -12 },
  acceptProbability: 0.9,
};

describe("a linkage model's document", () => {
  it("is read as it was written", async () => {
    expect(await parseLinkageModel(`\uFEFF${JSON.stringify(model)}`)).toEqual(model);
  });

  const [comparison] = model.comparisons;
  it.each<[string, unknown, string]>([
    ["another version", { ...model, version: 2 }, "version"],
    ["another format", { ...model, format: "x" }, "format"],
    ["a share above one", { ...model, acceptProbability: 1.5 }, "acceptProbability"],
    ["an unknown type", { ...model, columns: [[{ name: "a", type: "shoe" }]] }, "columns[0][0].type"],
    ["a comparison twice", { ...model, comparisons: [comparison, comparison] }, "comparisons[1].name"],
    ["weights upside down", { ...model, clusters: { ...model.clusters, minWeight: 20 } }, "clusters.minWeight"],
    [
      "unscored pairs that join",
      { ...model, clusters: { ...model.clusters, unscoredWeight: 3 } },
      "clusters.unscoredWeight",
    ],
  ])("is refused with %s", async (_, document, field) => {
    await expect(parseLinkageModel(JSON.stringify(document))).rejects.toThrow(
      expect.objectContaining({ code: "linkage_model_invalid", field }),
    );
  });

  it.each([
    ["{", undefined],
    ["[]", undefined],
    ["{}", undefined],
  ])("is refused when it is none: %s", async (text) => {
    await expect(parseLinkageModel(text)).rejects.toThrow(expect.objectContaining({ code: "linkage_model_invalid" }));
  });
});
