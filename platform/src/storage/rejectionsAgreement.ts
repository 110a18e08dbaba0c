import { expect } from "vitest";
import { causeIdOf } from "../model/rejectionCause.ts";
import type { Fates } from "./fates.ts";
import { messageKey, worldSize, type StateModel } from "./stateModel.ts";

const allRejections = { source: null, cause: null, onlyOpen: false, before: null, limit: 1_000 };

/** Refusals and their causes are answered as the model has them. */
export async function rejectionsAgree(fates: Fates, model: StateModel): Promise<void> {
  const kept = model.rejected.map(({ position, messageKey: key, source, messageId, reason, cause }, index) => ({
    position,
    messageKey: key,
    source,
    messageId,
    reason,
    cause: causeIdOf(model.hash, cause),
    state: model.states[index],
  }));
  const open = kept.filter(({ state }) => state === "open");
  expect(plain(await fates.rejections(allRejections))).toEqual(plain(kept.toReversed()));
  expect(plain(await fates.rejections({ ...allRejections, onlyOpen: true }))).toEqual(plain(open.toReversed()));
  for (const who of Array.from({ length: worldSize }, (_, index) => index)) {
    const found = open.find(({ messageKey: key }) => key === messageKey(who)) ?? null;
    expect(plain(await fates.openRejectionOf(messageKey(who)))).toEqual(plain(found));
  }
  const states = await fates.statesAt([...kept.map(({ position }) => position), model.position]);
  expect(states).toEqual([...kept.map(({ state }) => state), null]);
  const causes = await fates.causes({ source: null, onlyOpen: false, after: null, limit: 100 });
  expect(causes.map((cause) => cause.open)).toEqual(causes.map((cause) => cause.open).toSorted((a, b) => b - a));
  expect(new Set(causes.map(({ id }) => id))).toEqual(new Set(kept.map(({ cause }) => cause)));
  for (const [index, cause] of causes.entries()) {
    const own = model.rejected.filter((row) => causeIdOf(model.hash, row.cause) === cause.id);
    const times = own.flatMap(({ receivedAt }) => receivedAt ?? []);
    const openOnes = open.filter((row) => row.cause === cause.id);
    const numbers = { count: own.length, open: openOnes.length };
    const span = {
      firstAt: times.length === 0 ? null : Math.min(...times),
      lastAt: times.length === 0 ? null : Math.max(...times),
    };
    expect(cause).toMatchObject({
      ...own[0]?.cause,
      ...numbers,
      ...span,
      latest: { messageId: own.at(-1)?.messageId },
    });
    const within = { cause: cause.id, from: 0, until: model.position, limit: 100 };
    expect(plain(await fates.openIn(within))).toEqual(plain(openOnes));
    const rest = await fates.causes({ source: "web", onlyOpen: false, after: cause, limit: 100 });
    expect(plain(rest)).toEqual(plain(causes.slice(index + 1)));
  }
  const waiting = causes.filter((cause) => cause.open > 0);
  expect(await fates.openCounts(null)).toEqual({ causes: waiting.length, open: open.length });
  expect(await fates.causes({ source: "erp", onlyOpen: true, after: null, limit: 9 })).toEqual([]);
}

/** As JSON: what an adapter gives may have no prototype. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
