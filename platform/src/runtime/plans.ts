import type { PlanServices, PlanVersionView, PlanViolationView } from "../api/planViews.ts";
import type { EventBufferReader } from "../buffer/eventBuffer.ts";
import { plannedCall, type PlanCall } from "../gateway/plans/checking.ts";
import type { PlanService } from "../gateway/plans/plans.ts";
import { recordsAt } from "../ingestion/index.ts";
import { isoTime } from "../model/isoTime.ts";
import { messageKeyOf, type KeyedHash } from "../model/keyedHash.ts";
import { decodeRecord } from "../model/logRecord.ts";
import { Problem } from "../model/problem.ts";
import type { TrackingPlanVersion } from "../model/trackingPlan.ts";
import type { AccessStore } from "../storage/access.ts";
import type { KeptViolation, PlanViolations, ViolationOrder } from "../storage/planViolations.ts";
import type { Analytics } from "../storage/timeline.ts";
import type { Ingestion } from "./ingestion.ts";
import { sourceNamed } from "./rejections.ts";

interface Parts {
  access: AccessStore;
  analytics: Pick<Analytics, "query">;
  lookups: EventBufferReader;
  ingestion: Pick<Ingestion, "firstPositions">;
  plans: PlanService;
  violations: PlanViolations;
  hash: KeyedHash;
}

/** Tracking plans in the shapes of the API. */
export function planServices(parts: Parts): PlanServices {
  const { access, plans, violations } = parts;
  const known = async (source: string): Promise<void> => void (await sourceNamed(access, source));
  const view = async (version: TrackingPlanVersion): Promise<PlanVersionView> => {
    const holds = await plans.current(version.source);
    return viewOf(version, holds?.number === version.number);
  };
  return {
    current: async (source) => {
      await known(source);
      const version = await plans.current(source);
      return version === null ? noneOf(source) : viewOf(version, true);
    },
    version: async (source, number) => {
      await known(source);
      return view(await plans.version(source, number));
    },
    versions: async (source, { after, limit }) => {
      await known(source);
      const below = after === null ? null : numbersIn(after, 1)[0];
      const found = await plans.versions(source, { below: below ?? null, limit: limit + 1 });
      const holds = await plans.current(source);
      const items = found.slice(0, limit).map((version) => {
        const { document, ...head } = viewOf(version, version.number === holds?.number);
        return { ...head, hasPlan: document !== null };
      });
      return { items, next: found.length > limit ? String(items.at(-1)?.version) : null };
    },
    publish: async (source, { document, ...saying }) => viewOf(await plans.publish(source, document, saying), true),
    remove: async (source, saying) => {
      await known(source);
      return viewOf(await plans.remove(source, saying), true);
    },
    check: async (source, { document, calls }) => {
      await known(source);
      const judged = "latest" in calls ? await latestCalls(source, calls.latest, parts) : calls.map(plannedCall);
      return plans.check(source, document, judged);
    },
    violations: async (source, { version, order, after, limit }) => {
      await known(source);
      const wanted = { source, version, order, after: after === null ? null : keptIn(after), limit: limit + 1 };
      const found = await violations.list(wanted);
      const items = found.slice(0, limit);
      return { items: items.map(violationView), next: found.length > limit ? cursorOf(items.at(-1), order) : null };
    },
  };
}

function noneOf(source: string): PlanVersionView {
  return { source, version: 0, document: null, by: null, reason: null, publishedAt: null, inForce: true };
}

function viewOf({ number, publishedAt, ...version }: TrackingPlanVersion, inForce: boolean): PlanVersionView {
  return { ...version, version: number, publishedAt: isoTime(publishedAt), inForce };
}

function violationView(kept: KeptViolation): PlanViolationView {
  const { version, type, kind, count, firstAt, lastAt, samples } = kept;
  return {
    version,
    type,
    event: kept.event === "" ? null : kept.event,
    path: kept.path === "" ? null : kept.path,
    kind,
    count,
    firstAt: isoTime(firstAt),
    lastAt: isoTime(lastAt),
    samples: samples.map(({ messageId }) => messageId),
  };
}

/** Of calls that are read to be checked, all together: past it, older ones are left out. */
const maxCheckedBytes = 16 << 20;
const readTogether = 50;

/** As they are kept in the log: SQL knows which they are, not all that they said. */
async function latestCalls(source: string, count: number, parts: Parts): Promise<PlanCall[]> {
  const { analytics, lookups, ingestion, hash } = parts;
  // The name of a source holds nothing that SQL could take for more than a text.
  const sql = `SELECT message_id FROM events WHERE source = '${source}' ORDER BY received_at DESC LIMIT ${count}`;
  const { rows } = await analytics.query(sql, count);
  const keys = rows.map(([messageId]) => messageKeyOf(hash, source, String(messageId)));
  const positions = (await ingestion.firstPositions(keys)).filter((position) => position !== null);
  const calls: PlanCall[] = [];
  let bytes = 0;
  for (let from = 0; from < positions.length && bytes < maxCheckedBytes; from += readTogether) {
    const some = positions.slice(from, from + readTogether);
    const records = await recordsAt(lookups, some);
    for (const position of some) {
      const stored = records.get(position);
      if (stored === undefined) continue;
      bytes += stored.payload.length;
      const record = decodeRecord(stored.payload);
      if (record.status !== "accepted") continue;
      const { messageId, type, event, body } = record;
      calls.push({ messageId, type, event, body });
    }
  }
  return calls;
}

function cursorOf(last: KeptViolation | undefined, order: ViolationOrder): string {
  return `${order === "newest" ? last?.lastAt : last?.count}.${last?.number}`;
}

/** One of both is what its order goes by; the other is not looked at. */
function keptIn(cursor: string): Pick<KeptViolation, "number" | "count" | "lastAt"> {
  const [by = 0, number = 0] = numbersIn(cursor, 2);
  return { count: by, lastAt: by, number };
}

function numbersIn(cursor: string, count: number): number[] {
  const numbers = cursor.split(".");
  if (numbers.length === count && numbers.every((each) => /^\d{1,15}$/.test(each))) return numbers.map(Number);
  throw new Problem(400, "cursor_invalid", "This is no cursor of this list.", {
    hint: "Give the `next` of the answer before, as it is.",
    field: "after",
  });
}
