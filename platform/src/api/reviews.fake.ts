import type { RecordedLink } from "../identity/index.ts";
import { Problem } from "../model/problem.ts";
import type { Profile } from "../model/profile.ts";
import type { LinkageRun, Review } from "../storage/reviews.ts";
import type { Services } from "./services.ts";

const pairId = "p_AAAAAAAAAAAAAAAA~p_other";

function fakeReview(ada: Profile, at: number): Review {
  return {
    id: pairId,
    a: { profileId: ada.id, anchor: "user_id:ada" },
    b: { profileId: "p_other", anchor: "email:x@example.com" },
    probability: 0.97,
    weight: 5,
    priorWeight: -4.2,
    steps: [
      { comparison: "given_name", level: "same", weight: 3.1 },
      { comparison: "surname", level: "one or two letters differ", weight: 6.1 },
    ],
    model: 0,
    origin: "live",
    state: "open",
    offeredAt: at,
    answer: null,
  };
}

/** A queue of one pair. */
export function fakeReviews(ada: Profile, at: number): Services["reviews"] {
  const review = fakeReview(ada, at);
  const other = { ...ada, id: "p_other" };
  const seen = { identifiers: ["user_id:ada"], profile: ada };
  const found = (id: string): Review => {
    if (id !== review.id) throw new Problem(404, "review_not_found", "This pair is not in the queue.");
    return review;
  };
  const summary = () => {
    const isWaiting = review.state === "open";
    const answered = review.state === "same" || review.state === "different";
    const bands = answered ? [{ from: 0.9, to: 0.97, answered: 1, same: review.state === "same" ? 1 : 0 }] : [];
    return { open: isWaiting ? 1 : 0, skipped: review.state === "skipped" ? 1 : 0, bands, own: bands };
  };
  return {
    list: async ({ after }) => ({
      items: review.state === "open" && after === null ? [{ ...review, names: ["Ada Lovelace", "A. Lovelase"] }] : [],
      next: null,
      summary: summary(),
    }),
    inFull: async (id) => ({
      ...found(id),
      profiles: [ada, other],
      fields: [{ name: "first_name", a: "Ada", b: "A.", likeness: "alike", level: "initial" }],
      effect: { before: [seen], after: [seen], joined: [], split: [], conflicts: [] },
      elsewhere: null,
      basis: "as.it.is",
    }),
    answer: async (id, answer, { by, reason, basis = "as.it.is" }) => {
      const one = found(id);
      if (basis !== "as.it.is") throw new Problem(409, "review_changed", "This pair is not as you saw it.");
      if (answer === "undo") {
        if (one.answer === null) throw new Problem(409, "review_not_answered", "Nothing was answered here.");
        Object.assign(one, { state: "open", answer: null });
        return { review: one, corrections: [], decided: true };
      }
      if (one.state !== "open") throw new Problem(409, "review_answered", "This pair is decided already.");
      const state = answer === "skip" ? "skipped" : answer;
      const corrections = answer === "skip" ? [] : ["c_0"];
      Object.assign(one, { state, answer: { by, at, corrections } });
      const said = { verdict: "same" as const, a: "email:x@example.com", b: "user_id:ada", by, receivedAt: at };
      const made = corrections.map((each) => ({
        ...said,
        id: each,
        reason: reason ?? "usual",
        before: null,
        overrules: null,
      }));
      return { review: one, corrections: made, decided: true };
    },
    status: async () => ({ records: 2, waiting: 1, feedVersion: 3, asOf: at }),
    model: async () => null,
  };
}

/** Linkages that take as long as nobody cancels them, and one link of theirs. */
export function fakeLinkage(at: number): Services["linkage"] {
  const runs: LinkageRun[] = [];
  const found = (id: string): LinkageRun => {
    const run = runs.find((each) => each.id === id);
    if (run === undefined) throw new Problem(404, "linkage_run_not_found", "There is no linkage run of this id.");
    return run;
  };
  const link: RecordedLink = {
    position: 1,
    id: "l_1",
    verdict: "probable",
    a: "crm_id:7",
    b: "crm_id:8",
    by: "lr_1",
    reason: "Linkage with model 1.",
    receivedAt: at,
    confidence: 0.999,
    status: "in_effect",
    explanation: null,
  };
  return {
    runs: {
      start: async ({ by, automaticFrom = null }) => {
        if (runs.at(-1)?.state === "running") throw new Problem(409, "linkage_running", "A linkage is running.");
        const figures = { records: 20, comparedPairs: 30, offered: 4, linked: 0, model: 1, error: null };
        const thresholds = { automaticFrom, reviewFrom: 0.5 };
        const how = { state: "running" as const, startedAt: at + runs.length, endedAt: null, by };
        runs.push({ id: `lr_${runs.length + 1}`, ...how, ...thresholds, stage: "comparing", part: 0.5, ...figures });
        return found(`lr_${runs.length}`);
      },
      run: async (id) => {
        const run = { ...found(id) };
        // The next look finds it done.
        if (run.state === "running") Object.assign(found(id), { state: "done", endedAt: at });
        return run;
      },
      over: async (id) => {
        if (found(id).state === "running") throw new Problem(409, "linkage_running", "It is running.");
        return found(id);
      },
      list: async ({ limit }) => ({ items: runs.toReversed().slice(0, limit), next: null }),
      cancel: async (id) => Object.assign(found(id), { state: "cancelled", endedAt: at }),
      ended: async () => undefined,
      close: async () => undefined,
    },
    links: {
      ofRun: async (run) => ({ items: run === "lr_1" ? [link] : [], next: null }),
      withdrawRun: async (_, { after }) => (after === null ? { withdrawn: 1, next: 1 } : { withdrawn: 0, next: null }),
      withdraw: async (id) => {
        if (id !== link.id) throw new Problem(404, "link_not_found", "There is no link of this id.");
      },
    },
  };
}
