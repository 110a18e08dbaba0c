import type { DuckDBConnection } from "@duckdb/node-api";
import type { FragmentPart, TimelineQuery } from "../../../storage/timeline.ts";

/** Later or earlier than any event. */
const forEver = Number.MAX_SAFE_INTEGER;

/** Rows that one statement brings in: what is bound is text, and text is held several times over. */
const maxStagedSpans = 20_000;

/**
 * Of shared devices only the events while somebody had them: brings in which those are, inside the caller's transaction,
 * and gives the condition that a stored event has to meet. A device may have a thousand spans, so they are joined with,
 * not spelt out.
 */
export async function stageParts(connection: DuckDBConnection, fragments: TimelineQuery["fragments"]): Promise<string> {
  if (fragments.every((each) => typeof each === "string")) return "true";
  await connection.run("CREATE OR REPLACE TEMP TABLE asked_parts (part VARCHAR, from_ms BIGINT, until_ms BIGINT)");
  const spans = spansOf(fragments);
  for (let from = 0; from < spans.length; from += maxStagedSpans) {
    await connection.run(
      `INSERT INTO temp.asked_parts SELECT s.part, s.from_ms, s.until_ms FROM (SELECT unnest(from_json($1::JSON,
        '[{"part": "VARCHAR", "from_ms": "BIGINT", "until_ms": "BIGINT"}]')) AS s)`,
      [JSON.stringify(spans.slice(from, from + maxStagedSpans))],
    );
  }
  return `EXISTS (SELECT 1 FROM temp.asked_parts WHERE part = fragment AND from_ms <= epoch_ms(occurred_at)
    AND until_ms > epoch_ms(occurred_at))`;
}

function spansOf(fragments: TimelineQuery["fragments"]): { part: string; from_ms: number; until_ms: number }[] {
  const always: FragmentPart["spans"] = [{ from: null, until: null }];
  return fragments.flatMap((each) => {
    const { fragment, spans } = typeof each === "string" ? { fragment: each, spans: always } : each;
    return spans.map(({ from, until }) => ({ part: fragment, from_ms: from ?? -forEver, until_ms: until ?? forEver }));
  });
}
