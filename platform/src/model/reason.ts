import { Problem } from "./problem.ts";

export const maxReasonChars = 500;

/** Why somebody decided something, in their words. Problem 400 `reason_invalid`. */
export function readReason(given: string): string {
  const reason = given.trim();
  const isReason = reason !== "" && reason.length <= maxReasonChars && reason.isWellFormed();
  if (isReason && !/[^\P{Cc}\n]/u.test(reason)) return reason;
  throw new Problem(400, "reason_invalid", `A reason is 1 to ${maxReasonChars} printable characters.`, {
    hint: "Whoever looks at it next year wants to know why.",
    field: "reason",
  });
}
