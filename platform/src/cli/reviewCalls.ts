import type { AnsweredReviewView, LinkView, ListedReviewView, ReviewSummaryView, RunView } from "../api/reviewViews.ts";
import type { Transport } from "./transport.ts";

export interface ReviewsView {
  items: ListedReviewView[];
  next: string | null;
  summary: ReviewSummaryView;
}

/** What a verb may ask about linkages and the review queue. */
export interface ReviewCalls {
  reviews(limit: number): Promise<ReviewsView>;
  answerReview(id: string, answer: string, reason: string | undefined): Promise<AnsweredReviewView>;
  startLinkage(wanted: { automaticFrom?: number }): Promise<RunView>;
  linkageRun(id: string): Promise<RunView>;
  linkageRuns(limit: number): Promise<RunView[]>;
  cancelLinkage(id: string): Promise<RunView>;
  links(run: string, limit: number): Promise<LinkView[]>;
  /** All of a run, or one link. */
  withdrawLinks(of: "run" | "link", id: string, reason: string): Promise<{ withdrawn: number }>;
}

const linkage = "/api/identity/linkage";
const enc = encodeURIComponent;

// The shapes are the API's own, held by its tests.
export function reviewCalls(send: Transport): ReviewCalls {
  const get = (path: string) => send({ method: "GET", path });
  const post = (path: string, body: unknown) => send({ method: "POST", path, body });
  return {
    reviews: async (limit) => (await get(`/api/identity/reviews?limit=${limit}`)) as ReviewsView,
    answerReview: async (id, answer, reason) =>
      (await post(`/api/identity/reviews/${enc(id)}`, {
        answer,
        ...(reason === undefined ? {} : { reason }),
      })) as AnsweredReviewView,
    startLinkage: async (wanted) => (await post(`${linkage}/runs`, wanted)) as RunView,
    linkageRun: async (id) => (await get(`${linkage}/runs/${enc(id)}`)) as RunView,
    linkageRuns: async (limit) => ((await get(`${linkage}/runs?limit=${limit}`)) as { items: RunView[] }).items,
    cancelLinkage: async (id) => (await post(`${linkage}/runs/${enc(id)}/cancel`, undefined)) as RunView,
    links: async (run, limit) =>
      ((await get(`${linkage}/runs/${enc(run)}/links?limit=${limit}`)) as { items: LinkView[] }).items,
    withdrawLinks: async (of, id, reason) =>
      (await post(`${linkage}/${of}s/${enc(id)}/withdraw`, { reason })) as { withdrawn: number },
  };
}
