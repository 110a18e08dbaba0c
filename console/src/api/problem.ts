import { words } from "../words/words.ts";

/** What the platform refused or could not do. `status` is 0 when there was no answer at all. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  readonly status: number;
  readonly code: string;
  readonly hint: string | null;
  readonly field: string | null;
  /** To be told to whoever runs the platform: its log names it too. */
  readonly requestId: string | null;

  constructor(
    status: number,
    told: { code: string; message: string; hint?: string; field?: string; requestId?: string },
  ) {
    super(told.message);
    this.status = status;
    this.code = told.code;
    this.hint = told.hint ?? null;
    this.field = told.field ?? null;
    this.requestId = told.requestId ?? null;
  }
}

/** The problem that an answer tells; any other body becomes a problem of its own. */
export async function problemOf(answer: Response): Promise<ApiProblem> {
  const requestId = answer.headers.get("x-request-id") ?? undefined;
  try {
    const body: unknown = await answer.json();
    const told = isRecord(body) && isRecord(body["error"]) ? body["error"] : {};
    return new ApiProblem(answer.status, {
      code: text(told["code"]) ?? "unreadable",
      message: text(told["message"]) ?? words.states.unreadable,
      ...optional("hint", text(told["hint"])),
      ...optional("field", text(told["field"])),
      ...optional("requestId", text(told["requestId"]) ?? requestId),
    });
  } catch {
    return new ApiProblem(answer.status, {
      code: "unreadable",
      message: words.states.unreadable,
      ...optional("requestId", requestId),
    });
  }
}

/** Anything thrown, as a problem to show. */
export function asProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  if (error instanceof DOMException && error.name === "AbortError") {
    return new ApiProblem(0, { code: "aborted", message: words.states.aborted });
  }
  // fetch rejects with a TypeError when nobody answers; everything else is a fault of the console's own.
  if (error instanceof TypeError && /fetch|network|load failed/i.test(error.message)) {
    return new ApiProblem(0, {
      code: "unreachable",
      message: words.states.unreachable,
      hint: words.states.unreachableHint,
    });
  }
  return new ApiProblem(0, { code: "console", message: error instanceof Error ? error.message : String(error) });
}

/** What this token may not have; null for anything else that went wrong. */
export function refusalOf(error: unknown): ApiProblem | null {
  return error instanceof ApiProblem && error.status === 403 ? error : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function optional<Key extends string>(key: Key, value: string | undefined): { [K in Key]?: string } {
  return value === undefined ? {} : ({ [key]: value } as { [K in Key]?: string });
}
