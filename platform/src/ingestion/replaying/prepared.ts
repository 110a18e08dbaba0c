import type { EventBufferReader } from "../../buffer/eventBuffer.ts";
import { isCall, type JsonObject, type LogRecord, type Rejection } from "../../model/event.ts";
import { decodeRecord } from "../../model/logRecord.ts";
import type { Source } from "../../model/source.ts";
import type { KeptRejection } from "../../storage/fates.ts";
import { recordsAt } from "../recordsAt.ts";
import { copyOf, replayedCall, wayOf, type ReplayWay } from "./replayedCall.ts";
import { transform, type Transformation } from "./transformation.ts";

/** A refusal with what would be sent in its place. */
export interface Prepared {
  row: KeptRejection;
  /** As it was kept; null where that is no whole call. */
  before: JsonObject | null;
  /** As it would be sent; null where it cannot be. */
  after: JsonObject | null;
  way: ReplayWay;
  /** Why it would be refused again; null: it would be taken. */
  reason: Rejection | null;
}

export interface PrepareParts {
  log: EventBufferReader;
  /** What would be refused, by its index. */
  judge: (source: Source, calls: readonly JsonObject[], as: ReplayWay) => ({ index: number } & Rejection)[];
}

/** Reads the copies, transforms and judges them. All of them are held at a time. */
export async function prepare(
  rows: readonly KeptRejection[],
  source: Source,
  transformation: Transformation | null,
  parts: PrepareParts,
): Promise<Prepared[]> {
  const positions = rows.map(({ position }) => position);
  const records = await recordsAt(parts.log, positions);
  const made = rows.map((row) => candidate(row, recordIn(records.get(row.position)?.payload), transformation));
  for (const way of ["live", "import"] as const) {
    const some = made.filter((each) => each.way === way && each.reason === null);
    const refused = parts.judge(
      source,
      some.map(({ after }) => after ?? {}),
      way,
    );
    for (const { index, ...reason } of refused) {
      const each = some[index];
      if (each !== undefined) each.reason = reason;
    }
  }
  return made;
}

function candidate(row: KeptRejection, record: LogRecord | null, transformation: Transformation | null): Prepared {
  const before = record === null ? null : copyOf(record);
  if (record === null || before === null) {
    return { row, before: null, after: null, way: "live", reason: incomplete };
  }
  const call = structuredClone(before);
  const reason = transformation === null ? null : transform(call, transformation);
  return { row, before, after: replayedCall(call, record), way: wayOf(record), reason };
}

const incomplete: Rejection = {
  code: "copy_incomplete",
  message: "what was kept of it is no whole call: send the corrected call by itself",
};

/** Null for what nobody can read, and for what no source sent. */
function recordIn(payload: Uint8Array | undefined): LogRecord | null {
  if (payload === undefined) return null;
  try {
    const record = decodeRecord(payload);
    return isCall(record) ? record : null;
  } catch {
    return null;
  }
}
