import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLinkageDatabase } from "../adapters/embedded/linkage/linkageDatabase.ts";
import { type ColumnType, columnTypes } from "../identity/linkage/columnType.ts";
import { link, type Linked, type LinkOptions, type LinkStage, linkStages } from "../identity/linkage/link.ts";
import type { LinkageModel } from "../identity/linkage/model.ts";
import { parseLinkageModel } from "../identity/linkage/parseModel.ts";
import {
  type ExplainedPair,
  explainedPairs,
  loadScores,
  measure,
  type Measured,
  writeClusters,
  writePairs,
} from "../identity/linkage/results.ts";
import { Problem } from "../model/problem.ts";

// The command line knows the platform's rooms by the runtime only.
export {
  type ColumnType,
  columnTypes,
  type LinkageModel,
  type LinkStage,
  linkStages,
  type Measured,
  parseLinkageModel,
};

export interface LinkedFiles extends Linked {
  writeClusters(file: string): Promise<void>;
  writePairs(file: string): Promise<void>;
  explained(leastProbability: number): AsyncIterable<ExplainedPair>;
  /** Needs a truth column. */
  measure(): Promise<Measured>;
  close(): void;
}

/**
 * {@link link} with the engine of this edition; the caller closes it. What it has no memory for goes to a folder of its
 * own in `spillIn` (the system's temporary folder), and with it. Problem 422 `spill_folder_unusable`.
 */
export async function linkFiles({ spillIn, ...options }: LinkOptions & { spillIn?: string }): Promise<LinkedFiles> {
  const spillDirectory = spillFolder(spillIn ?? tmpdir());
  const removeSpill = (): void => rmSync(spillDirectory, { recursive: true, force: true });
  try {
    const database = await openLinkageDatabase({ spillDirectory });
    try {
      const linked = await link(database, options);
      await loadScores(database, linked);
      const labels = options.tables.map(({ label }) => label);
      return {
        ...linked,
        writeClusters: (file) => writeClusters(database, linked, file, labels),
        writePairs: (file) => writePairs(database, linked, file, labels),
        explained: (leastProbability) => explainedPairs(database, linked, labels, leastProbability),
        measure: () => measure(database, linked),
        close() {
          database.close();
          removeSpill();
        },
      };
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    removeSpill();
    throw error;
  }
}

function spillFolder(folder: string): string {
  try {
    return mkdtempSync(join(folder, "c360-link-"));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new Problem(422, "spill_folder_unusable", `${folder} cannot be written: ${code}.`, {
      hint: "Name a folder that is there and has room with --temp-dir.",
    });
  }
}
