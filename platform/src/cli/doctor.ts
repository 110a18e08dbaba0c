import type { Examined, ExamineOptions, Finding } from "../runtime/doctor.ts";
import { readSettings } from "../runtime/settings.ts";
import { barOf } from "./backup.ts";
import type { CliIo } from "./io.ts";
import type { Output } from "./output.ts";
import { printable } from "./table.ts";
import { exitCodes } from "./usage.ts";

const severities: Record<Finding["severity"], string> = {
  data: "DATA AT RISK",
  derived: "can be made again",
  harmless: "harmless",
};

/** Says what is wrong in a data directory, how bad that is, and what to do. Exit code 3 for what is not harmless. */
export async function doctor(io: CliIo, output: Output, flags: { dataDir?: string; deep?: boolean }): Promise<number> {
  const settings = readSettings(io.env, { dataDir: flags.dataDir });
  const { examineDirectory } = await io.loadRuntime();
  const bars = new Map<string, ReturnType<typeof barOf>>();
  const progress: ExamineOptions["progress"] = (step, done, total) => {
    const bar = bars.get(step) ?? barOf(output, step, step === "reading the log" ? "bytes" : "positions");
    bars.set(step, bar);
    bar.update(done, total);
  };
  const examined = await examineDirectory(settings, { isDeep: flags.deep === true, progress }).finally(() => {
    for (const bar of bars.values()) bar.stop();
  });
  const isContent = examined.findings.every(({ severity }) => severity === "harmless");
  if (output.json) {
    const { isServed, checks, findings } = examined;
    output.document({
      dataDir: settings.dataDir,
      server: isServed ? "running" : "stopped",
      isContent,
      checks,
      findings,
    });
  } else output.out(textOf(examined, isContent));
  return isContent ? exitCodes.done : exitCodes.findings;
}

function textOf({ checks, findings, isServed }: Examined, isContent: boolean): string {
  const lines = checks.map(({ part, isChecked, detail }) => {
    const own = findings.filter((finding) => finding.part === part && finding.severity !== "harmless");
    const verdict = own.length > 0 ? "BAD" : isChecked ? "ok" : "-";
    return `${part.padEnd(10)}${verdict.padEnd(5)}${printable(detail)}\n`;
  });
  const found = findings.map(
    ({ severity, where, what, todo }) =>
      `\n${severities[severity]}: ${printable(where)}: ${printable(what)}\n  ${printable(todo)}\n`,
  );
  const verdict = isContent ? "all is well" : "not all is well: see above";
  const rest = isServed ? "; with the server stopped, more is looked at" : "";
  return `${lines.join("")}${found.join("")}\n${verdict}${rest}\n`;
}
