import { lastSaid, pairName, type Verdict } from "../../model/correction.ts";
import { Problem } from "../../model/problem.ts";
import type { ProfileId } from "../../model/profile.ts";
import type { Corrections } from "../../storage/corrections.ts";
import type { StoredCorrection } from "../../storage/identityAndProfiles.ts";
import type { People } from "../../storage/people.ts";
import { edgesAround } from "../around.ts";
import type { IdentityRules } from "../rules.ts";
import { edgeOfPair } from "./situation.ts";

/** A correction with what became of it. */
export interface RecordedCorrection extends StoredCorrection {
  /** `overruled`: something else was said of the pair later. `refused`: it stands, but may not join or part anybody. */
  status: "in_effect" | "overruled" | "refused";
  /** Of the correction that holds in its place. */
  overruledBy: string | null;
  /** Why it was refused, in words. */
  explanation: string | null;
}

export interface RecordParts {
  people: Pick<People, "evidenceAround" | "byProfileId">;
  corrections: Corrections;
  /** Until others are published. */
  rules: IdentityRules;
}

/** Null: any. */
export interface RecordedPage {
  /** A position. */
  before: number | null;
  limit: number;
  /** Only those with an identifier of this person, by a living or a retired id. */
  profileId: ProfileId | null;
  verdict: Verdict | null;
  /** The id of a token. */
  by: string | null;
}

/** Newest first; `next` is where the page after begins, null on the last one. */
export async function recordedCorrections(
  wanted: RecordedPage,
  parts: RecordParts,
): Promise<{ items: RecordedCorrection[]; next: number | null }> {
  const found = await latestOf({ ...wanted, limit: wanted.limit + 1 }, parts);
  const page = found.slice(0, wanted.limit);
  const items = await withStatus(page, parts);
  return { items, next: found.length > page.length ? (page.at(-1)?.position ?? null) : null };
}

async function latestOf(
  { profileId, ...wanted }: RecordedPage,
  { corrections, people }: RecordParts,
): Promise<StoredCorrection[]> {
  if (profileId === null) return corrections.latest(wanted);
  const person = await people.byProfileId(profileId);
  const { before, verdict, by, limit } = wanted;
  const found = await corrections.of((person?.identifiers ?? []).map(({ key }) => key));
  const matching = found.filter(
    (each) =>
      (before === null || each.position < before) &&
      (verdict === null || each.verdict === verdict) &&
      (by === null || each.by === by),
  );
  return matching.sort((one, other) => other.position - one.position).slice(0, limit);
}

async function withStatus(page: readonly StoredCorrection[], parts: RecordParts): Promise<RecordedCorrection[]> {
  const keys = [...new Set(page.flatMap(({ a, b }) => [a, b]))];
  const last = lastSaid(await parts.corrections.of(keys));
  const isLast = (correction: StoredCorrection): boolean => last.get(pairName(correction))?.id === correction.id;
  const standing = page.filter((correction) => isLast(correction) && correction.verdict !== "withdrawn");
  const edges = await edgesAround(
    standing.flatMap(({ a, b }) => [a, b]),
    parts,
  );
  return page.map((correction): RecordedCorrection => {
    const holding = last.get(pairName(correction));
    if (holding !== undefined && holding.id !== correction.id) {
      return { ...correction, status: "overruled", overruledBy: holding.id, explanation: null };
    }
    const reason = correction.verdict === "withdrawn" ? null : (edgeOfPair({ edges }, correction)?.reason ?? null);
    if (reason === null) return { ...correction, status: "in_effect", overruledBy: null, explanation: null };
    const overruledBy = reason.correctionId ?? null;
    return { ...correction, status: "refused", overruledBy, explanation: reason.message };
  });
}

/** The correction that may be taken back. Problem 404 `correction_not_found`, 409 `correction_overruled`. */
export async function standingCorrection(
  id: string,
  { corrections }: Pick<RecordParts, "corrections">,
): Promise<StoredCorrection> {
  const correction = await corrections.byId(id);
  if (correction === null) {
    throw new Problem(404, "correction_not_found", "There is no correction of this id.", {
      hint: "List them with: GET /api/identity/corrections",
    });
  }
  const holding = lastSaid(await corrections.of([correction.a])).get(pairName(correction));
  if (holding?.id === id && correction.verdict !== "withdrawn") return correction;
  const message =
    holding?.id === id ? "A withdrawal has nothing to withdraw." : `It is overruled by ${holding?.id ?? "another"}.`;
  throw new Problem(409, "correction_overruled", message, { hint: "Say what should hold instead." });
}
