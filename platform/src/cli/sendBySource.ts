import type { SubmitAnswer } from "../api/services.ts";
import type { JsonObject } from "../model/event.ts";
import { sourceKinds } from "../model/source.ts";
import type { Connection } from "./connection.ts";

type Known = Pick<Connection, "sources" | "createSource" | "submit">;

/**
 * Sends calls that each name their `source`, as `c360 simulate --out` writes them; the field is taken off. A source
 * that is missing is made if its id is a kind (`crm`, `pos`, …); otherwise its calls are rejected.
 */
export function submitBySource(connection: Known): (calls: readonly JsonObject[]) => Promise<SubmitAnswer> {
  let known: Promise<Set<string>> | null = null;
  return async (calls) => {
    known ??= connection.sources().then((sources) => new Set(sources.map(({ id }) => id)));
    const answer: SubmitAnswer = { accepted: 0, rejected: [] };
    for (const [source, own] of Map.groupBy(calls.map(addressed), (one) => one.source)) {
      const problem = source === null ? missing : await problemWith(source, await known, connection);
      if (source === null || problem !== null) {
        answer.rejected.push(...own.map(({ index }) => ({ index, ...(problem ?? missing) })));
        continue;
      }
      const { accepted, rejected } = await connection.submit(
        source,
        own.map(({ call }) => call),
      );
      answer.accepted += accepted;
      answer.rejected.push(...rejected.map((one) => ({ ...one, index: own[one.index]?.index ?? 0 })));
    }
    return answer;
  };
}

interface Refusal {
  code: string;
  message: string;
  field: string;
}

const missing: Refusal = {
  code: "source_missing",
  message: "names no `source`; name one in each line, or send all as one with --source or --write-key",
  field: "source",
};

function addressed(call: JsonObject, index: number): { index: number; source: string | null; call: JsonObject } {
  const { source, ...rest } = call;
  return { index, source: typeof source === "string" && source !== "" ? source : null, call: rest };
}

async function problemWith(source: string, known: Set<string>, connection: Known): Promise<Refusal | null> {
  if (known.has(source)) return null;
  if (!sourceKinds.some((kind) => kind === source)) {
    return { code: "source_not_found", message: "names a source that is not there; make it first", field: "source" };
  }
  await connection.createSource({ id: source, kind: source });
  known.add(source);
  return null;
}
