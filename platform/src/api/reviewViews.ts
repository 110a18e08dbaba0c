import type { AnsweredReview, ListedReview, RecordedLink, ReviewInFull } from "../identity/index.ts";
import type { LinkageRun, Review, ReviewSummary } from "../storage/reviews.ts";
import { iso } from "./routeTypes.ts";

/** The inside's records as the API shows them. Times ISO 8601. */
export function runView({ startedAt, endedAt, ...run }: LinkageRun) {
  return { ...run, startedAt: iso(startedAt), endedAt: endedAt === null ? null : iso(endedAt) };
}
export type RunView = ReturnType<typeof runView>;

function reviewView({ offeredAt, answer, ...review }: Review) {
  return {
    ...review,
    offeredAt: iso(offeredAt),
    answer: answer === null ? null : { ...answer, at: iso(answer.at) },
  };
}

export function listedView({ names, a, b, ...review }: ListedReview) {
  const { steps: _, ...shown } = reviewView({ ...review, a, b });
  return { ...shown, a: { ...a, name: names[0] }, b: { ...b, name: names[1] } };
}
export type ListedReviewView = ReturnType<typeof listedView>;

export function inFullView({ profiles, fields, effect, elsewhere, basis, a, b, ...review }: ReviewInFull) {
  const said = elsewhere?.said ?? null;
  return {
    ...reviewView({ ...review, a, b }),
    a: { ...a, profile: profiles[0] },
    b: { ...b, profile: profiles[1] },
    fields,
    effect,
    basis,
    elsewhere: elsewhere === null ? null : { ...elsewhere, said: said === null ? null : { ...said, at: iso(said.at) } },
  };
}

export type ReviewInFullView = ReturnType<typeof inFullView>;

export function answeredView({ review, corrections, decided }: AnsweredReview) {
  const { id, state, answer } = reviewView(review);
  return { id, state, answer, corrections: corrections.map((each) => each.id), decided };
}
export type AnsweredReviewView = ReturnType<typeof answeredView>;

/** `agreement`: of answered pairs, the share in which people said what the model held for likelier; null before any. */
export function summaryView({ open, skipped, bands, own }: ReviewSummary) {
  return { open, skipped, bands, answered: tally(bands), own: tally(own) };
}
export type ReviewSummaryView = ReturnType<typeof summaryView>;

const likelier = 0.5;

function tally(bands: ReviewSummary["bands"]): { pairs: number; same: number; agreement: number | null } {
  let [pairs, same, agreed] = [0, 0, 0];
  for (const band of bands) {
    pairs += band.answered;
    same += band.same;
    agreed += band.from >= likelier ? band.same : band.answered - band.same;
  }
  return { pairs, same, agreement: pairs === 0 ? null : agreed / pairs };
}

export function linkView({ id, a, b, confidence, by, receivedAt, status, explanation }: RecordedLink) {
  return { id, a, b, probability: confidence ?? 0, run: by, linkedAt: iso(receivedAt), status, explanation };
}
export type LinkView = ReturnType<typeof linkView>;
