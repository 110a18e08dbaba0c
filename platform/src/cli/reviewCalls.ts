import type {
  AnsweredReviewView,
  LinkView,
  ListedReviewView,
  ReviewInFullView,
  ReviewSummaryView,
  RunView,
} from "../api/reviewViews.ts";
import type { Transport } from "./transport.ts";

export interface ReviewsView {
  items: ListedReviewView[];
  next: string | null;
  summary: ReviewSummaryView;
}

/** What a verb may ask about linkages and the review queue. */
export interface ReviewCalls {
  reviews(limit: number): Promise<ReviewsView>;
  review(id: string): Promise<ReviewInFullView>;
  answerReview(id: string, answer: { answer: string; reason?: string; basis?: string }): Promise<AnsweredReviewView>;
  startLinkage(wanted: { automaticFrom?: number }): Promise<RunView>;
  linkageRun(id: string): Promise<RunView>;
  linkageRuns(limit: number): Promise<RunView[]>;
  cancelLinkage(id: string): Promise<RunView>;
  links(run: string, limit: number): Promise<LinkView[]>;
  withdrawLink(id: string, reason: string): Promise<{ withdrawn: number }>;
  /** Some thousand links of a run; `next`: where to go on. */
  withdrawRun(
    id: string,
    wanted: { reason: string; after?: string },
  ): Promise<{ withdrawn: number; next: string | null }>;
}

const linkage = "/api/identity/linkage";
const enc = encodeURIComponent;

// The shapes are the API's own, held by its tests.
export function reviewCalls(send: Transport): ReviewCalls {
  const get = (path: string) => send({ method: "GET", path });
  const post = (path: string, body: unknown) => send({ method: "POST", path, body });
  return {
    reviews: async (limit) => (await get(`/api/identity/reviews?limit=${limit}`)) as ReviewsView,
    review: async (id) => (await get(`/api/identity/reviews/${enc(id)}`)) as ReviewInFullView,
    answerReview: async (id, answer) => (await post(`/api/identity/reviews/${enc(id)}`, answer)) as AnsweredReviewView,
    startLinkage: async (wanted) => (await post(`${linkage}/runs`, wanted)) as RunView,
    linkageRun: async (id) => (await get(`${linkage}/runs/${enc(id)}`)) as RunView,
    linkageRuns: async (limit) => ((await get(`${linkage}/runs?limit=${limit}`)) as { items: RunView[] }).items,
    cancelLinkage: async (id) => (await post(`${linkage}/runs/${enc(id)}/cancel`, undefined)) as RunView,
    links: async (run, limit) =>
      ((await get(`${linkage}/runs/${enc(run)}/links?limit=${limit}`)) as { items: LinkView[] }).items,
    withdrawLink: async (id, reason) =>
      (await post(`${linkage}/links/${enc(id)}/withdraw`, { reason })) as { withdrawn: number },
    withdrawRun: async (id, wanted) =>
      (await post(`${linkage}/runs/${enc(id)}/withdraw`, wanted)) as { withdrawn: number; next: string | null },
  };
}
