import type { BufferRecord } from "../../buffer/eventBuffer.ts";
import { correctionSource, recordOf, type Correction } from "../../model/correction.ts";
import { fragmentKey } from "../../model/fragment.ts";
import { fragmentIdOf, messageKeyOf, profileIdOf, type KeyedHash } from "../../model/keyedHash.ts";
import { encodeRecord } from "../../model/logRecord.ts";
import { readReason } from "../../model/reason.ts";
import type { ProfileId } from "../../model/profile.ts";
import type { People } from "../../storage/people.ts";
import { oneAtATime } from "../oneAtATime.ts";
import { rulesInForce } from "../rulesInForce.ts";
import { planned } from "./plan.ts";
import { effectOf, movesBetween, type Composing, type Effect, type PersonSeen } from "./preview.ts";
import { recordedCorrections, standingCorrection, type RecordedCorrection, type RecordParts } from "./record.ts";
import { situationOf, type Situation } from "./situation.ts";
import { readWanted, type Planned, type ReadWanted, type WantedCorrections } from "./wanted.ts";

/** Who says it, by the id of a token, and why. */
export interface Saying {
  by: string;
  reason: string;
}

export interface CorrectionPreview extends Effect {
  /** What would be said. */
  corrections: (Planned & { overrules: string | null })[];
}

export interface CorrectionAnswer extends Effect {
  corrections: Correction[];
  /** False where it is durable but not decided yet: then the effect is what it would have been a moment ago. */
  decided: boolean;
}

/** Corrections by people: looked at before, said, listed, taken back. */
export interface CorrectionService {
  preview(wanted: WantedCorrections): Promise<CorrectionPreview>;
  /** Durable when it resolves. One at a time, so that each is planned on what the one before it decided. */
  correct(wanted: WantedCorrections, saying: Saying): Promise<CorrectionAnswer>;
  withdraw(id: string, saying: Saying): Promise<CorrectionAnswer>;
  list(wanted: { before: number | null; limit: number }): Promise<{ items: RecordedCorrection[]; next: number | null }>;
}

export interface CorrectionServiceParts extends RecordParts {
  people: People;
  hash: KeyedHash;
  compose: Composing["compose"];
  append: (records: readonly BufferRecord[]) => Promise<unknown>;
  /** Resolves when everything that is durable by now is decided. */
  decided: () => Promise<void>;
  /** UTC ms. */
  now: () => number;
  newId: () => string;
  sleep: (ms: number) => Promise<void>;
}

/** An answer waits so long for the decision. */
const maxDecisionMs = 10_000;

export function correctionService(parts: CorrectionServiceParts): CorrectionService {
  const inTurn = oneAtATime();
  const look = async (wanted: ReadWanted): Promise<{ plan: Planned[]; situation: Situation; effect: Effect }> => {
    const around = await parts.people.evidenceAround(keysOf(wanted));
    const situation = situationOf(around, rulesInForce(around.rules, parts.rules));
    const plan = planned(wanted, situation);
    const orders = await parts.people.ordersOf(around.fragments.map(({ id }) => id));
    const effect = effectOf(plan, situation, { hash: parts.hash, compose: parts.compose, orders });
    return { plan, situation, effect };
  };
  const say = async (wanted: ReadWanted, saying: Saying): Promise<CorrectionAnswer> => {
    const { plan, situation, effect } = await look(wanted);
    const how = { by: saying.by, reason: readReason(saying.reason), now: parts.now() };
    const corrections = situation.said(plan, how, parts.newId);
    await parts.append(corrections.map((correction) => bufferRecord(correction, parts.hash)));
    await Promise.race([parts.decided(), parts.sleep(maxDecisionMs)]);
    const decided = (await parts.corrections.byId(corrections.at(-1)?.id ?? "")) !== null;
    return { ...(decided ? await effectNow(effect, parts) : effect), corrections, decided };
  };
  return {
    preview: async (wanted) => {
      const { plan, situation, effect } = await look(readWanted(wanted));
      const corrections = plan.map((each) => ({ ...each, overrules: situation.lastOf(each)?.id ?? null }));
      return { ...effect, corrections };
    },
    correct: (wanted, saying) => inTurn(() => say(readWanted(wanted), saying)),
    withdraw: (id, saying) =>
      inTurn(async () => {
        const { a, b } = await standingCorrection(id, parts);
        return say({ kind: "corrections", planned: [{ verdict: "withdrawn", a, b, field: "id" }] }, saying);
      }),
    list: (wanted) => recordedCorrections(wanted, parts),
  };
}

function keysOf(wanted: ReadWanted): string[] {
  const pairs = wanted.kind === "corrections" ? wanted.planned : [wanted.pair];
  return [...new Set(pairs.flatMap(({ a, b }) => [a, b]))];
}

/** In the log erasure finds it as it finds an event that carried both identifiers. */
function bufferRecord(correction: Correction, hash: KeyedHash): BufferRecord {
  return {
    fragment: fragmentIdOf(hash, fragmentKey([correction.a, correction.b], correctionSource)),
    message: messageKeyOf(hash, correctionSource, correction.id),
    payload: encodeRecord(recordOf(correction)),
  };
}

/** The people that those from before are now: as decided, whatever else came meanwhile. */
async function effectNow(effect: Effect, { people, hash, compose }: CorrectionServiceParts): Promise<Effect> {
  const after = new Map<ProfileId, PersonSeen>();
  for (const key of new Set(effect.before.flatMap(({ identifiers }) => identifiers))) {
    const record = await people.byProfileId(profileIdOf(hash, key));
    if (record === null || after.has(record.profileId)) continue;
    const identifiers = record.identifiers.map((row) => row.key).sort();
    after.set(record.profileId, { identifiers, profile: compose(record) });
  }
  const now = [...after.values()].sort((one, other) => (one.profile.id < other.profile.id ? -1 : 1));
  return { ...effect, after: now, ...movesBetween(effect.before, now) };
}
