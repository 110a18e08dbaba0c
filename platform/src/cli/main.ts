import { CommanderError } from "commander";
import { Problem } from "../model/problem.ts";
import { type CliIo, processIo } from "./io.ts";
import { program } from "./program.ts";
import { exitCodeOf, exitCodes } from "./usage.ts";

/**
 * The command line `c360`. `argv` is what follows the program's name. Resolves with the exit code, which it also sets
 * on the process: 0 done, 1 failed, 2 wrong usage, 3 done with rejects. Never rejects, never prints a stack trace
 * unless C360_LOG_LEVEL is debug or trace.
 */
export async function main(argv: readonly string[], io?: CliIo): Promise<number> {
  const world = io ?? processIo();
  const code = await run(argv, world);
  if (io === undefined) process.exitCode = code;
  return code;
}

async function run(argv: readonly string[], io: CliIo): Promise<number> {
  let code: number = exitCodes.done;
  try {
    await program(io, (exit) => {
      code = exit;
    }).parseAsync(argv, { from: "user" });
    return code;
  } catch (error) {
    // Commander has printed already; `--help` and `--version` end this way too.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.wrongUsage;
    return await tell(error, argv.includes("--json"), io);
  }
}

async function tell(error: unknown, asJson: boolean, io: CliIo): Promise<number> {
  const problem = error instanceof Problem ? error : unforeseen(error);
  if (asJson) {
    const { code, message, hint, field } = problem;
    io.stderr(`${JSON.stringify({ error: { code, message, hint, field } })}\n`);
  } else {
    io.stderr(`error: ${problem.message}\n${problem.hint === undefined ? "" : `hint: ${problem.hint}\n`}`);
  }
  const level = io.env["C360_LOG_LEVEL"];
  if ((level === "debug" || level === "trace") && error instanceof Error) {
    const { stackInSources } = await import("../runtime/stackInSources.ts");
    io.stderr(`${stackInSources(error.stack ?? "")}\n`);
  }
  return exitCodeOf(problem);
}

/** Of this process, or of the whole machine; a thread has only words for it. */
const lacksHandles = /\b(EMFILE|ENFILE|too many open files)\b/i;

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function unforeseen(error: unknown): Problem {
  const message = error instanceof Error ? error.message : String(error);
  if (lacksHandles.test(`${codeOf(error)} ${message}`)) {
    return new Problem(503, "too_few_files", "This process may not open as many files as it needs.", {
      hint: "Allow it more (ulimit -n, or LimitNOFILE= of a service; 1,024 are enough) and start again. Nothing that was acknowledged is lost.",
    });
  }
  return new Problem(500, "internal", `${message} (this should not happen)`, {
    hint: "Please report it, with what C360_LOG_LEVEL=debug shows.",
  });
}
