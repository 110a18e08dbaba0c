import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { openReplayFiles } from "../adapters/embedded/replays/replayFiles.ts";
import type { Services } from "../api/services.ts";
import type { Gateway } from "../gateway/gateway.ts";
import { causeNotFound, rejectionReader, replayService, type Claims, type ReplayService } from "../ingestion/index.ts";
import type { KeyedHash } from "../model/keyedHash.ts";
import { Problem } from "../model/problem.ts";
import type { Source } from "../model/source.ts";
import type { AccessStore } from "../storage/access.ts";
import type { KeptCause } from "../storage/fates.ts";
import { replayer, type ReplayParts } from "./replay.ts";
import { causeView, fateView, rejectionView, replayView } from "./services.ts";
import type { Stages } from "./stages.ts";
import type { Telemetry } from "./telemetry/telemetry.ts";
import { tracedReplays } from "./telemetry/tracedServices.ts";

type Parts = Pick<Stages, "access" | "fates" | "log" | "lookups" | "ingestion"> & {
  gateway: Gateway;
  hash: KeyedHash;
  claims: Claims;
  telemetry: Telemetry | null;
};

const unhurried = (ms: number): Promise<void> => sleep(ms, undefined, { ref: false });

/** Replays in this process, going on with what the last one left. */
export async function replaysOver(parts: Parts, folder: string): Promise<ReplayService> {
  const { access, fates, log, lookups, ingestion, gateway, hash, claims } = parts;
  const service = replayService({
    store: tracedReplays(await openReplayFiles(folder), parts.telemetry),
    fates,
    log: lookups,
    hash,
    claims,
    sourceOf: (id) => sourceNamed(access, id),
    judge: gateway.judge,
    submit: gateway.submit,
    decided: () => ingestion.reached(log.end()),
    sleep: unhurried,
    end: () => log.end(),
    now: Date.now,
    newId: () => `rp_${randomUUID()}`,
  });
  await service.takeUp();
  return service;
}

/** Refused calls: listed, grouped by their causes, mended and replayed. */
export function rejectionServices(
  parts: Parts & { replays: ReplayService; fateOf: ReplayParts["fateOf"] },
): Pick<Services, "rejections" | "replays" | "replay"> {
  const { access, fates, lookups, ingestion, gateway, replays } = parts;
  const list = rejectionReader({ fates, log: lookups });
  const replay = replayer({
    ...parts,
    sourceOf: (id) => sourceNamed(access, id),
    submit: gateway.submit,
    decided: () => ingestion.reached(parts.log.end()),
    sleep: unhurried,
  });
  return {
    rejections: {
      list: async ({ after, ...wanted }) => {
        const { items, next } = await list({ ...wanted, before: after === null ? null : numberIn(after) });
        return { items: items.map(rejectionView), next: next === null ? null : String(next) };
      },
      causes: async ({ after, limit, ...wanted }) => {
        const found = await fates.causes({
          ...wanted,
          after: after === null ? null : causeIn(after),
          limit: limit + 1,
        });
        const items = found.slice(0, limit);
        const last = found.length > items.length ? items.at(-1) : undefined;
        const { causes, open } = await fates.openCounts(wanted.source);
        const next = last === undefined ? null : `${last.open}.${last.number}`;
        return { items: items.map(causeView), next, open: { causes, calls: open } };
      },
      cause: async (id) => {
        const found = await fates.cause(id);
        if (found === null) throw causeNotFound();
        return causeView(found);
      },
    },
    replays: {
      start: async (wanted, by) => replayView(await replays.start(wanted, by)),
      list: async ({ after, limit }) => {
        const { items, next } = await replays.list({ before: after === null ? null : numberIn(after), limit });
        return { items: items.map(replayView), next: next === null ? null : String(next) };
      },
      find: async (id) => replayView(await replays.find(id)),
      stop: async (id) => replayView(await replays.stop(id)),
      resume: async (id) => replayView(await replays.resume(id)),
    },
    replay: async (messageId, source, corrected) => {
      const fate = await replay(messageId, source, corrected);
      return fate === null ? null : fateView(fate);
    },
  };
}

/** Problem 404 `source_not_found`. */
export async function sourceNamed(access: AccessStore, id: string): Promise<Source> {
  const source = (await access.sources()).find((candidate) => candidate.id === id);
  if (source !== undefined) return source;
  throw new Problem(404, "source_not_found", `there is no source \`${id}\``, { hint: "c360 sources create" });
}

function numberIn(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw noCursor();
}

function causeIn(cursor: string): Pick<KeptCause, "open" | "number"> {
  const [, open, number] = /^(\d{1,15})\.(\d{1,15})$/.exec(cursor) ?? [];
  if (open === undefined || number === undefined) throw noCursor();
  return { open: Number(open), number: Number(number) };
}

function noCursor(): Problem {
  return new Problem(400, "cursor_invalid", "This is no cursor of this list.", {
    hint: "Give the `next` of the answer before, as it is.",
    field: "after",
  });
}
