/** A breach of a house rule, with enough to find it: `platform/src/x.ts:12 [size] …`. */
export interface Violation {
  rule: Rule;
  /** Path from the root of the checkout. */
  file: string;
  /** 1 for what concerns a whole file. */
  line: number;
  /** What an exception names, where the file alone does not say it: a function, a specifier. */
  subject?: string;
  message: string;
}

export type Rule =
  | "imports"
  | "engines"
  | "file-length"
  | "function-length"
  | "file-name"
  | "default-export"
  | "barrel"
  | "cast"
  | "unfinished"
  | "switched-off-test"
  | "empty-folder"
  | "promise"
  | "link"
  | "dependency"
  | "syntax";

/** A breach that is allowed, by name and with its reason. One that is no longer needed is a breach itself. */
export interface Exception {
  rule: Rule;
  file: string;
  subject?: string;
  reason: string;
}

export function format(violation: Violation): string {
  return `${violation.file}:${violation.line} [${violation.rule}] ${violation.message}`;
}

/** What remains after the exceptions, and a violation for every exception that excused nothing or says no reason. */
export function excuse(violations: readonly Violation[], exceptions: readonly Exception[]): Violation[] {
  const excuses = (exception: Exception, violation: Violation): boolean =>
    exception.rule === violation.rule && exception.file === violation.file && exception.subject === violation.subject;
  const remaining = violations.filter((violation) => !exceptions.some((exception) => excuses(exception, violation)));
  for (const exception of exceptions) {
    const name = `${exception.rule}${exception.subject === undefined ? "" : ` ${exception.subject}`}`;
    const at = { rule: exception.rule, file: exception.file, line: 1 };
    if (!violations.some((violation) => excuses(exception, violation)))
      remaining.push({ ...at, message: `the exception "${name}" is no longer needed: remove it` });
    if (exception.reason.trim().length < 20)
      remaining.push({ ...at, message: `the exception "${name}" needs a reason that somebody can judge` });
  }
  return remaining;
}
