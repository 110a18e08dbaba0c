import { memoryUsage } from "node:process";
import type { DuckDBConnection, DuckDBResult } from "@duckdb/node-api";
import { Problem } from "../../../model/problem.ts";
import { maxQueryRows, queryCancelled, type SqlAnswer } from "../../../storage/timeline.ts";
import { answerValue } from "./answerValues.ts";
import { type Engine, firstLine } from "./engine.ts";
import { checkQuery, checkQueryText } from "./gate.ts";

export const defaultQueryDeadlineMs = 10_000;
/** Of an answer's text values, about. */
const maxAnswerChars = 16 * 1_048_576;
const watchEveryMs = 50;
/** Some aggregates keep their state outside of DuckDB's own limit: how far the process may grow past that limit. */
const memorySlackMb = 512;

export interface QueryLimits {
  deadlineMs: number;
  memoryLimitMb: number;
  /** Aborts when nobody waits for the answer any more. */
  signal?: AbortSignal | undefined;
}

type Answer = Omit<SqlAnswer, "asOf" | "elapsedMs">;

/**
 * Runs one checked query. Problems: 400 and 422 `query_invalid` (DuckDB's first line), 422 `query_refused`,
 * `query_timeout`, `query_too_large`; 400 `limit_invalid`; 499 `query_cancelled`.
 */
export async function runQuery(engine: Engine, sql: string, limit: number, limits: QueryLimits): Promise<Answer> {
  if (!Number.isInteger(limit) || limit < 1 || limit > maxQueryRows) {
    throw new Problem(400, "limit_invalid", `limit must be a whole number from 1 to ${maxQueryRows}`, {
      field: "limit",
    });
  }
  checkQueryText(sql);
  const checked = checkQuery(sql, await parseTree(engine.query.full, sql));
  const { full, narrow } = engine.query;
  if (checked.needsProfileId) return guarded(full, limits, () => rowsOf(full, sql, limit));
  try {
    return await guarded(narrow, limits, () => rowsOf(narrow, sql, limit));
  } catch (error) {
    // A column that only the wide views have: the check for it missed a way of naming it.
    if (!(error instanceof Problem && error.code === "query_invalid")) throw error;
    return guarded(full, limits, () => rowsOf(full, sql, limit));
  }
}

async function parseTree(connection: DuckDBConnection, sql: string): Promise<string> {
  const parsed = await connection.runAndReadAll(
    "SELECT json_serialize_sql($1::VARCHAR, skip_null := true, skip_empty := true, skip_default := true)::VARCHAR",
    [sql],
  );
  return String(parsed.getRows()[0]?.[0]);
}

/** Interrupts the work when its time or the process's memory runs out or nobody wants it, again until it has ended. */
async function guarded<T>(connection: DuckDBConnection, limits: QueryLimits, work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + limits.deadlineMs;
  const most = memoryUsage.rss() + (limits.memoryLimitMb + memorySlackMb) * 1_048_576;
  let stopped: Problem | null = null;
  const look = (): void => {
    if (limits.signal?.aborted === true) stopped ??= queryCancelled();
    if (performance.now() > deadline) stopped ??= timedOut(limits.deadlineMs);
    if (memoryUsage.rss() > most) stopped ??= tooLarge();
    if (stopped !== null) connection.interrupt();
  };
  const watch = setInterval(look, watchEveryMs);
  limits.signal?.addEventListener("abort", look);
  try {
    if (limits.signal?.aborted === true) throw queryCancelled();
    const result = await work();
    if (stopped !== null) throw stopped;
    return result;
  } catch (error) {
    throw stopped ?? queryProblem(error);
  } finally {
    clearInterval(watch);
    limits.signal?.removeEventListener("abort", look);
    // Ends the transaction of a result that was not read to its end.
    await connection.run("SELECT 1").catch(() => undefined);
  }
}

async function rowsOf(connection: DuckDBConnection, sql: string, limit: number): Promise<Answer> {
  const result = await connection.stream(sql);
  const rows: Answer["rows"] = [];
  let chars = 0;
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return { columns: columnsOf(result), rows, truncated: false };
    for (const row of chunk.getRows()) {
      if (rows.length === limit || chars > maxAnswerChars) {
        return { columns: columnsOf(result), rows, truncated: true };
      }
      const values = row.map(answerValue);
      for (const value of values) chars += typeof value === "string" ? value.length : 8;
      rows.push(values);
    }
  }
}

function columnsOf(result: DuckDBResult): Answer["columns"] {
  return result.columnNames().map((name, at) => ({
    name,
    // JSON is text with a name of its own.
    type: result.columnLogicalType(at).alias ?? String(result.columnType(at)),
  }));
}

function timedOut(deadlineMs: number): Problem {
  return new Problem(422, "query_timeout", `the query took longer than ${deadlineMs / 1_000} s`, {
    field: "sql",
    hint: "narrow it: fewer events (occurred_at between …), fewer columns, an approximate count",
  });
}

function tooLarge(): Problem {
  return new Problem(422, "query_too_large", "the query needs more memory than a query may use", {
    field: "sql",
    hint: "narrow it: fewer rows or groups, approx_count_distinct, approx_quantile instead of median",
  });
}

const callersFault =
  /^(Parser|Binder|Catalog|Conversion|Invalid Input|Out of Range|Not implemented|Invalid Type|Mismatch Type|Divide by Zero|Syntax|Sequence|Expression) Error: ?/;

function queryProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const message = firstLine(error);
  if (message.startsWith("Out of Memory Error")) return tooLarge();
  if (message.startsWith("INTERRUPT")) return new Problem(503, "analytics_closed", "the platform is stopping");
  if (callersFault.test(message)) {
    return new Problem(422, "query_invalid", message.replace(callersFault, "").slice(0, 400), { field: "sql" });
  }
  return new Problem(500, "query_failed", "the analytic database could not run the query", {
    hint: "try again; if it goes on, restart the platform and look at its log",
  });
}
