/** An error that a caller can meet: what is wrong and how to mend it. Thrown inside, answered at the edges. */
export class Problem extends Error {
  /** snake_case, stable: part of the API. */
  readonly code: string;
  /** HTTP status. */
  readonly status: number;
  readonly hint: string | undefined;
  readonly field: string | undefined;
  /** Whole seconds, for 429 and 503. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    status: number,
    code: string,
    message: string,
    more: { hint?: string; field?: string; retryAfterSeconds?: number } = {},
  ) {
    super(message);
    this.name = "Problem";
    this.status = status;
    this.code = code;
    this.hint = more.hint;
    this.field = more.field;
    this.retryAfterSeconds = more.retryAfterSeconds;
  }
}
