import type { Profile } from "../../model/profile.ts";
import { Problem } from "../../model/problem.ts";
import type { Review, Reviews, ReviewSummary } from "../../storage/reviews.ts";
import type { CorrectionAnswer, CorrectionService, Saying } from "../correcting/service.ts";
import type { Effect } from "../correcting/preview.ts";
import { mustBeAsSeen } from "./basis.ts";
import type { ReviewField } from "./fields.ts";
import { maxPairsLooked, type PairReads, type PairSeen } from "./pairs.ts";
import type { Elsewhere } from "./stale.ts";

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
  /** Given with an answer, nothing is said where the pair has changed since. */
  basis: string;
}

/** Who answers, by the id of a token, and why; with the basis of what they saw. */
export interface Answering {
  by: string;
  reason: string | null;
  basis?: string | undefined;
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
   * `same` and `different` become corrections, `undo` takes them back: what they overruled holds again. Problem 404
   * `review_not_found`, 409 `review_answered` where somebody was faster, `review_changed` where it is not as it was
   * seen, `review_not_answered`, and those of corrections.
   */
  answer(id: string, answer: GivenAnswer, answering: Answering): Promise<AnsweredReview>;
}

export interface ReviewServiceParts {
  reviews: Reviews;
  /** Wherever it is done: of large people it takes a while. */
  pairs: PairReads;
  corrections: CorrectionService;
  /** UTC ms. */
  now: () => number;
}

export function reviewService(parts: ReviewServiceParts): ReviewService {
  return {
    list: (wanted) => listed(wanted, parts),
    inFull: async (id) => {
      const { mergeBasis: _, ...full } = await inFull(id, parts);
      return full;
    },
    answer: async (id, answer, answering) => {
      const review = await found(id, parts.reviews);
      if (answer === "undo") return undone(review, answering.by, parts);
      if (!isWaiting(review)) throw answered(review);
      const seen = answering.basis === undefined ? null : await inFull(id, parts);
      if (seen !== null) mustBeAsSeen(answering.basis ?? "", seen.basis);
      if (answer === "skip") return skipped(review, answering.by, parts);
      return decidedHere(review, answer, { ...answering, basis: seen?.mergeBasis ?? undefined }, parts);
    },
  };
}

function isWaiting({ state }: Review): boolean {
  return state === "open" || state === "skipped";
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
    const names = await namesOf(page.items, parts);
    const gone = page.items.filter((_, at) => names[at] === null);
    items.push(...page.items.flatMap((review, at) => toListed(review, names[at] ?? null)));
    if (gone.length > 0) await reviews.drop(gone.map(({ id }) => id));
    next = page.next;
    if (next === null || items.length === limit) break;
  }
  return { items, next, summary: await reviews.summary(by) };
}

const maxPagesLooked = 4;

/** A few at a time, so that others get their turn in between. */
async function namesOf(page: readonly Review[], { pairs }: ReviewServiceParts): ReturnType<PairReads["pairNames"]> {
  const names: Awaited<ReturnType<PairReads["pairNames"]>> = [];
  for (let from = 0; from < page.length; from += maxPairsLooked) {
    const asked = page.slice(from, from + maxPairsLooked).map(({ a, b }) => ({ a, b }));
    names.push(...(await pairs.pairNames(asked)));
  }
  return names;
}

function toListed(review: Review, names: [string, string] | null): ListedReview[] {
  return names === null ? [] : [{ ...review, names }];
}

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
async function goneProblem(id: string, { pairs }: ReviewServiceParts): Promise<Problem> {
  const [a = "", b = ""] = id.split("~");
  const told = await pairs.pairGone([a, b]);
  if (told === null) return notFound();
  return new Problem(404, "review_not_found", told, { hint: "Go on with the next: GET /api/identity/reviews" });
}

async function inFull(id: string, parts: ReviewServiceParts): Promise<ReviewInFull & Pick<PairSeen, "mergeBasis">> {
  const review = await parts.reviews.byId(id);
  if (review === null) throw await goneProblem(id, parts);
  const seen = await parts.pairs.pair(review);
  if (seen === null) {
    await parts.reviews.drop([id]);
    throw new Problem(404, "review_not_found", "One of the two is not there any more.");
  }
  if (!isWaiting(review)) return { ...review, ...seen, elsewhere: null, effect: null };
  if (seen.elsewhere !== null) await parts.reviews.drop([id]);
  return { ...review, ...seen };
}

/** Kept as answered before it is said: of two who answer at once one is first, and the merged pair is not dropped. */
async function decidedHere(
  review: Review,
  answer: "same" | "different",
  { by, reason, basis }: Answering,
  parts: ReviewServiceParts,
): Promise<AnsweredReview> {
  const { reviews } = parts;
  const claimed = await reviews.answer(review.id, { state: answer, by, at: parts.now() });
  if (claimed === null) throw answered(await found(review.id, reviews));
  const pair = { a: review.a.anchor, b: review.b.anchor };
  try {
    const saying = { by, reason: reason ?? usual(review) };
    const said =
      answer === "same"
        ? await parts.corrections.correct({ merge: pair }, { ...saying, basis })
        : await parts.corrections.correct({ apart: pair }, saying);
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
  // Of what somebody has said something else since, that holds.
  const made = await parts.corrections.takeBack(review.answer.corrections, saying);
  const after = (await parts.reviews.reopen(review.id)) ?? review;
  return { review: after, corrections: made?.corrections ?? [], decided: made?.decided ?? true };
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
