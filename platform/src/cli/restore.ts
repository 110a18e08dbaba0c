import { Problem } from "../model/problem.ts";
import type { RestoreOptions } from "../runtime/restore.ts";
import { readSettings } from "../runtime/settings.ts";
import { barOf } from "./backup.ts";
import type { CliIo } from "./io.ts";
import type { Output } from "./output.ts";
import { exitCodes, wrongUsage } from "./usage.ts";

const units = { checking: "bytes", copying: "bytes", folding: "positions" } as const;

/** Makes a new data directory what it was at a moment that the backup in `from` reaches. */
export async function restore(
  io: CliIo,
  output: Output,
  from: string,
  flags: { dataDir?: string; until?: string },
): Promise<number> {
  const settings = readSettings(io.env, { dataDir: flags.dataDir });
  const until = flags.until === undefined ? null : untilOf(flags.until);
  const { restorePlatform } = await io.loadRuntime();
  const started = io.now();
  const steps = stepsTo(output);
  const restored = await restorePlatform(settings, { from, until, progress: steps.progress }).finally(steps.stop);
  const elapsedMs = io.now() - started;
  const { position, lastReceivedAt, madeAt, foldedRecords } = restored;
  if (output.json) output.document({ dataDir: settings.dataDir, ...restored, elapsedMs });
  else {
    const last = lastReceivedAt === null ? "" : `, the last event received ${lastReceivedAt}`;
    output.out(`${settings.dataDir}: the log up to position ${position}${last}\n`);
    output.out(`${foldedRecords} records folded; done in ${(elapsedMs / 1_000).toFixed(1)} s\n`);
    output.note(`sources, keys and tokens are as of ${madeAt}; search and SQL are made again at the next start`);
  }
  return exitCodes.done;
}

/** A position is a whole number; everything else is a time that says its zone. */
export function untilOf(text: string): NonNullable<RestoreOptions["until"]> {
  if (/^\d{1,15}$/.test(text)) return { position: Number(text) };
  const isTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/.test(text);
  const time = isTime ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(time)) return { time };
  throw wrongUsage(
    "--until is neither a time nor a position.",
    "A time says its zone, like 2026-11-30T14:05:00Z; a position is a whole number, as backup and doctor print it.",
  );
}

function stepsTo(output: Output): { progress: RestoreOptions["progress"]; stop: () => void } {
  let current: { step: keyof typeof units; bar: ReturnType<typeof barOf> } | null = null;
  return {
    progress: (step, done, total) => {
      if (current?.step !== step) {
        current?.bar.stop();
        current = { step, bar: barOf(output, step, units[step]) };
      }
      current.bar.update(done, total);
    },
    stop: () => current?.bar.stop(),
  };
}

/** For verbs that a server cannot do for somebody else. */
export function refuseUrl(verb: string, url: string | undefined): void {
  if (url === undefined || url === "") return;
  throw new Problem(400, "wrong_usage", `c360 ${verb} reads files, and cannot do so through a server.`, {
    hint: "Run it on the server's machine, with --data-dir.",
  });
}
