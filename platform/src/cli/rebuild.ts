import { existsSync } from "node:fs";
import { Problem } from "../model/problem.ts";
import { findServer } from "../runtime/dataDirectory.ts";
import { readSettings } from "../runtime/settings.ts";
import type { CliIo } from "./io.ts";
import type { Output, Progress } from "./output.ts";
import { exitCodes } from "./usage.ts";

const maxShownDifferences = 20;

/** Folds the log again, in the place of the state or beside it to compare. Needs the directory for itself. */
export async function rebuild(
  io: CliIo,
  output: Output,
  flags: { dataDir?: string; verify: boolean },
): Promise<number> {
  const settings = readSettings(io.env, { dataDir: flags.dataDir });
  if (findServer(settings.dataDir) !== null) {
    throw new Problem(409, "data_dir_in_use", `A process holds ${settings.dataDir}; a rebuild needs it for itself.`, {
      hint: "Stop the server (Ctrl-C), rebuild, and start it again.",
    });
  }
  if (!existsSync(settings.dataDir)) {
    throw new Problem(404, "data_dir_missing", `There is no data at ${settings.dataDir}.`, {
      hint: "Name the directory with --data-dir or C360_DATA_DIR.",
    });
  }
  const { rebuildPlatform } = await io.loadRuntime();
  const started = io.now();
  let bar: Progress | null = null;
  const progress = (done: number, total: number): void => {
    bar ??= output.progress(flags.verify ? "verifying" : "rebuilding", total, "records");
    bar.update(done);
  };
  const { records, differences } = await rebuildPlatform(settings, { verify: flags.verify, progress }).finally(() => {
    bar?.stop();
  });
  const elapsedMs = io.now() - started;
  if (output.json) {
    output.document({ records, verified: flags.verify, differences, elapsedMs });
  } else {
    const seconds = (elapsedMs / 1_000).toFixed(1);
    const verdict = flags.verify
      ? differences.length === 0
        ? "the log gives exactly the live state"
        : `the live state differs in ${differences.length} places`
      : "the state is rebuilt";
    output.out(`${records} records in ${seconds} s: ${verdict}\n`);
    for (const difference of differences.slice(0, maxShownDifferences)) output.note(`  ${difference}`);
  }
  return differences.length === 0 ? exitCodes.done : exitCodes.failed;
}
