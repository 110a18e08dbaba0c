import { isoTime } from "../../model/isoTime.ts";
import type { Profile, ProfileId } from "../../model/profile.ts";
import { Problem } from "../../model/problem.ts";
import type { People, PersonRecord } from "../../storage/people.ts";
import type { Review, Reviews, ReviewSummary } from "../../storage/reviews.ts";
import type { CorrectionAnswer, CorrectionService, Saying } from "../correcting/service.ts";
import type { Effect } from "../correcting/preview.ts";
import { profileRecordOf } from "../linkage/profileRecord.ts";
import type { IdentityRules } from "../rules.ts";
import { reviewFields, type ReviewField } from "./fields.ts";
import { decidedElsewhere, type Elsewhere } from "./stale.ts";

export const reviewAnswers = ["same", "different", "skip", "undo"] as const;
export type GivenAnswer = (typeof reviewAnswers)[number];

/** A pair in a list. */
export interface ListedReview extends Review {
  /** What each is called. */
  names: [string, string];
}

/** A pair as somebody decides it. */
export interface ReviewInFull extends Review {
  profiles: [Profile, Profile];
  fields: ReviewField[];
  /** Who would be who if they were said to be one; null where that cannot be. */
  effect: Effect | null;
  /** Somebody or something has decided it in another way; null while it is open, or was answered here. */
  elsewhere: Elsewhere | null;
}

export interface AnsweredReview {
  review: Review;
  /** What was said for it: none for `skip`. */
  corrections: CorrectionAnswer["corrections"];
  /** False where it is durable but not decided yet. */
  decided: boolean;
}

/** The queue of pairs that may be one person, and what people say of them. */
export interface ReviewService {
  /** Pairs that were decided elsewhere are left out, and gone afterwards. */
  list(wanted: {
    after: string | null;
    limit: number;
    by: string;
  }): Promise<{ items: ListedReview[]; next: string | null; summary: ReviewSummary }>;
  /** Problem 404 `review_not_found`. */
  inFull(id: string): Promise<ReviewInFull>;
  /**
   * `same` and `different` become corrections, `undo` takes them back. Problem 404 `review_not_found`, 409
   * `review_answered` where somebody was faster, `review_not_answered`, and those of corrections.
   */
  answer(id: string, answer: GivenAnswer, saying: { by: string; reason: string | null }): Promise<AnsweredReview>;
}

export interface ReviewServiceParts {
  reviews: Reviews;
  people: People;
  corrections: CorrectionService;
  rules: IdentityRules;
  compose: (record: PersonRecord) => Profile;
  nameOf: (profile: Profile) => string;
  /** UTC ms. */
  now: () => number;
}

export function reviewService(parts: ReviewServiceParts): ReviewService {
  const { reviews } = parts;
  return {
    list: (wanted) => listed(wanted, parts),
    inFull: (id) => inFull(id, parts),
    answer: async (id, answer, saying) => {
      const review = await found(id, reviews);
      if (answer === "undo") return undone(review, saying.by, parts);
      if (review.state !== "open" && review.state !== "skipped") throw answered(review);
      return answer === "skip" ? skipped(review, saying.by, parts) : decidedHere(review, answer, saying, parts);
    },
  };
}

async function listed(
  { after, limit, by }: { after: string | null; limit: number; by: string },
  parts: ReviewServiceParts,
): ReturnType<ReviewService["list"]> {
  const { reviews } = parts;
  const items: ListedReview[] = [];
  let next = after;
  // A page of which much was decided elsewhere is filled up from the next ones, a few of them.
  for (let pages = 0; pages < maxPagesLooked; pages++) {
    const page = await reviews.waiting({ after: next, limit: limit - items.length });
    const gone: string[] = [];
    for (const review of page.items) {
      const profiles = await profilesOf(review, parts);
      const isGone = profiles === null || (await decidedElsewhere(review, parts)) !== null;
      if (isGone) gone.push(review.id);
      else items.push({ ...review, names: [parts.nameOf(profiles[0]), parts.nameOf(profiles[1])] });
    }
    if (gone.length > 0) await reviews.drop(gone);
    next = page.next;
    if (next === null || items.length === limit) break;
  }
  return { items, next, summary: await reviews.summary(by) };
}

const maxPagesLooked = 4;

async function found(id: string, reviews: Reviews): Promise<Review> {
  const review = await reviews.byId(id);
  if (review !== null) return review;
  throw notFound();
}

function notFound(): Problem {
  return new Problem(404, "review_not_found", "This pair is not in the queue.", {
    hint: "It may have been decided meanwhile, or one of the two has changed. List what waits: GET /api/identity/reviews",
  });
}

/** Of a pair that has left the queue: who decided it, where that is known. */
async function goneProblem(id: string, { people, rules }: ReviewServiceParts): Promise<Problem> {
  const anchors = [];
  for (const profileId of id.split("~").slice(0, 2)) {
    const record = await people.byProfileId(profileId);
    const anchor = record?.identifiers.find((each) => each.id === profileId)?.key;
    if (anchor !== undefined) anchors.push({ profileId, anchor });
  }
  const [a, b] = anchors;
  const elsewhere = a === undefined || b === undefined ? null : await decidedElsewhere({ a, b }, { people, rules });
  if (elsewhere === null) return notFound();
  const { message, said } = elsewhere;
  const by = said === null ? "" : ` Said by ${said.by} on ${isoTime(said.at).slice(0, 10)}.`;
  return new Problem(404, "review_not_found", `${message}${by}`, {
    hint: "Go on with the next: GET /api/identity/reviews",
  });
}

/** Null where one of them is gone, or both are one person. */
async function profilesOf({ a, b }: Review, parts: ReviewServiceParts): Promise<[Profile, Profile] | null> {
  const [one, other] = [await profileOf(a.profileId, parts), await profileOf(b.profileId, parts)];
  return one === null || other === null || one.id === other.id ? null : [one, other];
}

async function profileOf(id: ProfileId, { people, compose }: ReviewServiceParts): Promise<Profile | null> {
  const record = await people.byProfileId(id);
  return record === null ? null : compose(record);
}

async function inFull(id: string, parts: ReviewServiceParts): Promise<ReviewInFull> {
  const review = await parts.reviews.byId(id);
  if (review === null) throw await goneProblem(id, parts);
  const [one, other] = [await profileOf(review.a.profileId, parts), await profileOf(review.b.profileId, parts)];
  if (one === null || other === null) {
    await parts.reviews.drop([id]);
    throw new Problem(404, "review_not_found", "One of the two is not there any more.");
  }
  const texts = (profile: Profile) => profileRecordOf(profile, parts.rules)?.texts ?? [];
  const fields = reviewFields(texts(one), texts(other), review.steps);
  const isWaiting = review.state === "open" || review.state === "skipped";
  const elsewhere = isWaiting ? await decidedElsewhere(review, parts) : null;
  if (elsewhere !== null) await parts.reviews.drop([id]);
  const effect = isWaiting && elsewhere === null ? await effectOf(review, parts) : null;
  return { ...review, profiles: [one, other], fields, effect, elsewhere };
}

async function effectOf({ a, b }: Review, { corrections }: ReviewServiceParts): Promise<Effect | null> {
  try {
    const { corrections: _, ...effect } = await corrections.preview({ merge: { a: a.anchor, b: b.anchor } });
    return effect;
  } catch (error) {
    // Decided between two looks.
    if (error instanceof Problem && (error.status === 409 || error.status === 404)) return null;
    throw error;
  }
}

/** Kept as answered before it is said: of two who answer at once one is first, and the merged pair is not dropped. */
async function decidedHere(
  review: Review,
  answer: "same" | "different",
  { by, reason }: { by: string; reason: string | null },
  parts: ReviewServiceParts,
): Promise<AnsweredReview> {
  const { reviews } = parts;
  const claimed = await reviews.answer(review.id, { state: answer, by, at: parts.now() });
  if (claimed === null) throw answered(await found(review.id, reviews));
  const pair = { a: review.a.anchor, b: review.b.anchor };
  try {
    const wanted = answer === "same" ? { merge: pair } : { apart: pair };
    const said = await parts.corrections.correct(wanted, { by, reason: reason ?? usual(review) });
    const ids = said.corrections.map(({ id }) => id);
    const stored = await reviews.said(review.id, ids);
    return { review: stored ?? claimed, corrections: said.corrections, decided: said.decided };
  } catch (error) {
    await reviews.reopen(review.id);
    throw error;
  }
}

async function skipped(review: Review, by: string, { reviews, now }: ReviewServiceParts): Promise<AnsweredReview> {
  const stored = await reviews.answer(review.id, { state: "skipped", by, at: now() });
  if (stored === null) throw answered(await found(review.id, reviews));
  return { review: stored, corrections: [], decided: true };
}

async function undone(review: Review, by: string, parts: ReviewServiceParts): Promise<AnsweredReview> {
  if (review.answer === null) {
    throw new Problem(409, "review_not_answered", "Nothing was answered here that could be undone.");
  }
  const saying: Saying = { by, reason: `Undone. It was: ${usual(review)}` };
  const made: CorrectionAnswer[] = [];
  for (const id of review.answer.corrections.toReversed()) {
    const withdrawn = await takenBack(id, saying, parts);
    if (withdrawn !== null) made.push(withdrawn);
  }
  const after = (await parts.reviews.reopen(review.id)) ?? review;
  return {
    review: after,
    corrections: made.flatMap(({ corrections }) => corrections),
    decided: made.every(({ decided }) => decided),
  };
}

async function takenBack(
  id: string,
  saying: Saying,
  { corrections }: ReviewServiceParts,
): Promise<CorrectionAnswer | null> {
  try {
    return await corrections.withdraw(id, saying);
  } catch (error) {
    // Somebody has said something else of the pair since: that holds.
    if (error instanceof Problem && error.code === "correction_overruled") return null;
    throw error;
  }
}

function answered({ state, answer }: Review): Problem {
  const by = answer === null ? "somebody" : answer.by;
  return new Problem(409, "review_answered", `This pair is decided already: ${state}, by ${by}.`, {
    hint: "Undo that first, if it is wrong.",
  });
}

/** What is kept as the reason where the reviewer gives none. */
function usual({ probability, model }: Review): string {
  return `Review of a pair of probability ${probability.toFixed(3)} (model ${model}).`;
}
