import { Problem } from "../model/problem.ts";

/** Exit codes of API.md. */
export const exitCodes = { done: 0, failed: 1, wrongUsage: 2, doneWithRejects: 3, findings: 3 } as const;

const wrongUsageCodes = new Set(["wrong_usage", "setting_invalid"]);

/** A Problem that ends the command with exit code 2. */
export function wrongUsage(message: string, hint: string): Problem {
  return new Problem(400, "wrong_usage", message, { hint });
}

export function exitCodeOf(problem: Problem): number {
  return wrongUsageCodes.has(problem.code) ? exitCodes.wrongUsage : exitCodes.failed;
}
