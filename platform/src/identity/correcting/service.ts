import type { BufferRecord } from "../../buffer/eventBuffer.ts";
import { correctionSource, recordOf, type Correction } from "../../model/correction.ts";
import { fragmentKey } from "../../model/fragment.ts";
import { fragmentIdOf, messageKeyOf, profileIdOf, type KeyedHash } from "../../model/keyedHash.ts";
import { encodeRecord } from "../../model/logRecord.ts";
import { Problem } from "../../model/problem.ts";
import { readReason } from "../../model/reason.ts";
import type { ProfileId } from "../../model/profile.ts";
import type { Corrections } from "../../storage/corrections.ts";
import type { People } from "../../storage/people.ts";
import { oneAtATime } from "../oneAtATime.ts";
import type { Looked, PlannedCorrection } from "./look.ts";
import { movesBetween, type Composing, type Effect, type PersonSeen } from "./preview.ts";
import { standingCorrection, type RecordedCorrection, type RecordedPage } from "./record.ts";
import { said } from "./situation.ts";
import { takenBack } from "./takenBack.ts";
import { readWanted, type ReadWanted, type WantedCorrections } from "./wanted.ts";

/** Who says it, by the id of a token, and why. */
export interface Saying {
  by: string;
  reason: string;
  /** Of the preview that they saw: when it would do something else by now, nothing is said. */
  basis?: string | undefined;
}

export interface CorrectionPreview extends Effect {
  /** What would be said. */
  corrections: PlannedCorrection[];
  basis: string;
}

export interface CorrectionAnswer extends Effect {
  corrections: (Correction & Pick<PlannedCorrection, "overrules" | "before">)[];
  /** False where it is durable but not decided yet: then the effect is what it would have been a moment ago. */
  decided: boolean;
}

/** Corrections by people: looked at before, said, listed, taken back. */
export interface CorrectionService {
  preview(wanted: WantedCorrections): Promise<CorrectionPreview>;
  /** Durable when it resolves. One at a time, so that each is planned on what the one before it decided. */
  correct(wanted: WantedCorrections, saying: Saying): Promise<CorrectionAnswer>;
  withdraw(id: string, saying: Saying): Promise<CorrectionAnswer>;
  /** As if these had never been said (see `takenBack`). Null where something else holds of all of them by now. */
  takeBack(ids: readonly string[], saying: Saying): Promise<CorrectionAnswer | null>;
  list(wanted: RecordedPage): Promise<{ items: RecordedCorrection[]; next: number | null }>;
}

export interface CorrectionServiceParts {
  people: Pick<People, "byProfileId">;
  corrections: Corrections;
  hash: KeyedHash;
  /** `lookAt`, wherever it is done: of many thousand identifiers it takes a while. */
  look: (wanted: ReadWanted) => Promise<Looked>;
  /** `recordedCorrections`, likewise. */
  list: CorrectionService["list"];
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
  const say = async (wanted: ReadWanted, saying: Saying): Promise<CorrectionAnswer> => {
    const { plan, effect, basis, newest } = await parts.look(wanted);
    if (saying.basis !== undefined && saying.basis !== basis) throw changedMeanwhile();
    const how = { by: saying.by, reason: readReason(saying.reason), now: parts.now(), newest };
    const corrections = said(plan, how, parts.newId).map((correction, at) => {
      const { overrules = null, before = null } = plan[at] ?? {};
      return { ...correction, overrules, before };
    });
    await parts.append(corrections.map((correction) => bufferRecord(correction, parts.hash)));
    await Promise.race([parts.decided(), parts.sleep(maxDecisionMs)]);
    const decided = (await parts.corrections.byId(corrections.at(-1)?.id ?? "")) !== null;
    return { ...(decided ? await effectNow(effect, parts) : effect), corrections, decided };
  };
  return {
    preview: async (wanted) => {
      const { plan, effect, basis } = await parts.look(readWanted(wanted));
      return { ...effect, corrections: plan, basis };
    },
    correct: (wanted, saying) => inTurn(() => say(readWanted(wanted), saying)),
    withdraw: (id, saying) =>
      inTurn(async () => {
        const { a, b } = await standingCorrection(id, parts);
        return say({ kind: "corrections", planned: [{ verdict: "withdrawn", a, b, field: "id" }] }, saying);
      }),
    takeBack: (ids, saying) =>
      inTurn(async () => {
        const planned = await takenBack(ids, parts.corrections);
        return planned.length === 0 ? null : say({ kind: "corrections", planned }, saying);
      }),
    list: parts.list,
  };
}

function changedMeanwhile(): Problem {
  return new Problem(
    409,
    "changed_meanwhile",
    "Who is who has changed since the preview: this would do something else.",
    {
      hint: "Look at the preview again: somebody corrected the same people, or new evidence came.",
      field: "basis",
    },
  );
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
  const read = new Set<string>();
  for (const key of new Set(effect.before.flatMap(({ identifiers }) => identifiers))) {
    const record = read.has(key) ? null : await people.byProfileId(profileIdOf(hash, key));
    if (record === null || after.has(record.profileId)) continue;
    const identifiers = record.identifiers.map((row) => row.key).sort();
    for (const own of identifiers) read.add(own);
    after.set(record.profileId, { identifiers, profile: compose(record) });
  }
  const now = [...after.values()].sort((one, other) => (one.profile.id < other.profile.id ? -1 : 1));
  return { ...effect, after: now, ...movesBetween(effect.before, now) };
}
