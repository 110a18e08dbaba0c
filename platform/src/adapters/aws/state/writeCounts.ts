import { createHash } from "node:crypto";
import {
  type BatchViolation,
  latestSamples,
  maxViolationsTold,
  violationsGathered,
  withoutViolationNames,
} from "../../../model/trackingPlan.ts";
import type { SourceMinute } from "../../../storage/identityAndProfiles.ts";
import { keptMinutes } from "../../../storage/sourceActivity.ts";
import type { Draft } from "./draft.ts";
import { inOrder } from "./place.ts";
import { minutePlace, sourcePlace, type StateRow, toldPlace, type ViolationRow, violationPlace } from "./stateRows.ts";

/**
 * Adds a batch's counts. Only the latest {@link keptMinutes} minutes that had traffic stay: which ones those are depends
 * on the minutes that ever came, not on their order or batches.
 */
export async function countSources(draft: Draft, state: StateRow, received: readonly SourceMinute[]): Promise<void> {
  await draft.fetch(received.flatMap(({ source, minute }) => [sourcePlace(source), minutePlace(minute, source)]));
  for (const { source, minute, accepted, rejected, lastAcceptedAt, lastRejectedAt } of received) {
    const total = await draft.open(sourcePlace(source));
    total.accepted = (total.accepted ?? 0) + accepted;
    total.rejected = (total.rejected ?? 0) + rejected;
    total.lastAcceptedAt = later(total.lastAcceptedAt ?? null, lastAcceptedAt);
    total.lastRejectedAt = later(total.lastRejectedAt ?? null, lastRejectedAt);
    if (!(await isKept(draft, state, minute))) continue;
    const counts = await draft.open(minutePlace(minute, source));
    counts.accepted = (counts.accepted ?? 0) + accepted;
    counts.rejected = (counts.rejected ?? 0) + rejected;
  }
}

/** Makes room for a new minute where there is none; an older one than all that are kept has none. */
async function isKept(draft: Draft, state: StateRow, minute: number): Promise<boolean> {
  const { minutes } = state;
  if (minutes.includes(minute)) return true;
  const [oldest = minute] = minutes;
  if (minutes.length >= keptMinutes) {
    if (minute < oldest) return false;
    const within = { from: inOrder(oldest), until: inOrder(oldest + 1) };
    for (const { sk } of await draft.range(minutePlace(oldest, ""), within)) {
      draft.remove(minutePlace(oldest, sk.slice(within.from.length + 1)));
    }
    minutes.shift();
  }
  minutes.push(minute);
  minutes.sort((one, other) => one - other);
  return true;
}

function later(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.max(one, other);
}

export async function countViolations(
  draft: Draft,
  state: StateRow,
  violations: readonly BatchViolation[],
): Promise<void> {
  await draft.fetch(violations.map(placeOf));
  const unnamed: BatchViolation[] = [];
  for (const one of violations) {
    const isKnown = await draft.has(placeOf(one));
    if (!isKnown && (await isFull(draft, one))) unnamed.push(withoutViolationNames(one));
    else await addViolation(draft, state, one);
  }
  // A call that broke it in several ways of one kind counts once.
  for (const one of violationsGathered(unnamed)) await addViolation(draft, state, one);
}

async function addViolation(draft: Draft, state: StateRow, one: BatchViolation): Promise<void> {
  const { source, version, type, event, path, kind, positions, firstAt, lastAt, samples } = one;
  const before = await draft.get(placeOf(one));
  if (before === null) {
    state.violations += 1;
    const told = await draft.open(toldPlace(source, version));
    told.told = (told.told ?? 0) + 1;
    const number = state.violations;
    const row: ViolationRow = {
      number,
      source,
      version,
      type,
      event,
      path,
      kind,
      count: positions.size,
      firstAt,
      lastAt,
      samples,
    };
    draft.put(placeOf(one), row);
    return;
  }
  draft.put(placeOf(one), {
    ...before,
    count: before.count + positions.size,
    firstAt: Math.min(before.firstAt, firstAt),
    lastAt: Math.max(before.lastAt, lastAt),
    samples: latestSamples(before.samples, samples),
  });
}

/** Of a version so many are told one by one. */
async function isFull(draft: Draft, { source, version }: BatchViolation): Promise<boolean> {
  return ((await draft.get(toldPlace(source, version)))?.told ?? 0) >= maxViolationsTold;
}

function placeOf({ source, version, type, event, path, kind }: BatchViolation) {
  const name = createHash("sha256")
    .update(JSON.stringify([type, event, path, kind]))
    .digest("base64url");
  return violationPlace(source, `${inOrder(version)}#${name}`);
}
