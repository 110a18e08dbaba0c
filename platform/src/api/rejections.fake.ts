import { Problem } from "../model/problem.ts";
import type {
  RejectionCauseView,
  RejectionServices,
  RejectionView,
  ReplayServices,
  ReplayView,
} from "./rejectionViews.ts";
import type { ReplayWished } from "./rejectionViews.ts";

export type FakeReplays = ReplayServices & {
  readonly started: { wanted: ReplayWished; by: string }[];
  /** How many questions it takes until a replay is through; null: until it is stopped. */
  endAfter: number | null;
};

/** Three refused calls of two sources and causes, the last one mended. */
export function fakeRejections(at: string): RejectionServices {
  const refusals = Array.from({ length: 3 }, (_, index): RejectionView => ({
    messageId: `r${index}`,
    source: index === 1 ? "tills" : "web",
    sourceKind: "web",
    code: "event_missing",
    reason: "a track call needs the name of its event",
    field: "event",
    receivedAt: at,
    mended: index === 2,
    state: index === 2 ? "mended" : "open",
    cause: index === 1 ? "rc_tills" : "rc_web",
    event: index === 2 ? "[1" : { type: "track", userId: "ada" },
  }));
  const causes = ["web", "tills"].map((source): RejectionCauseView => {
    const own = refusals.filter((refusal) => refusal.source === source);
    return {
      id: `rc_${source}`,
      source,
      code: "event_missing",
      reason: "a track call needs the name of its event",
      field: "event",
      type: "track",
      event: null,
      count: own.length,
      open: own.filter(({ state }) => state === "open").length,
      firstAt: at,
      lastAt: at,
      sample: { messageId: own[0]?.messageId ?? "", field: "event" },
    };
  });
  return {
    list: async ({ source, cause, onlyOpen, after, limit }) => {
      const ofSource = refusals.filter((refusal) => source === null || refusal.source === source);
      const ofCause = ofSource.filter((refusal) => cause === null || refusal.cause === cause);
      return pageOf(
        ofCause.filter(({ state }) => !onlyOpen || state === "open"),
        after,
        limit,
      );
    },
    causes: async ({ source, onlyOpen, after, limit }) => {
      const all = causes.filter(
        (cause) => (source === null || cause.source === source) && (!onlyOpen || cause.open > 0),
      );
      const calls = all.reduce((sum, { open }) => sum + open, 0);
      return { ...pageOf(all, after, limit), open: { causes: all.length, calls } };
    },
    cause: async (id) => {
      const found = causes.find((cause) => cause.id === id);
      if (found === undefined) throw new Problem(404, "rejection_cause_not_found", "There is no such cause.");
      return found;
    },
  };
}

function pageOf<Item>(
  all: readonly Item[],
  after: string | null,
  limit: number,
): { items: Item[]; next: string | null } {
  const from = Number(after ?? 0);
  const items = all.slice(from, from + limit);
  return { items, next: from + items.length < all.length ? String(from + items.length) : null };
}

/** A replay that runs until it is stopped, and a dry run that is through at once. */
export function fakeReplays(at: string): FakeReplays {
  const known = new Map<string, ReplayView>();
  const started: FakeReplays["started"] = [];
  const find = (id: string): ReplayView => {
    const found = known.get(id);
    if (found === undefined) throw new Problem(404, "replay_not_found", "There is no replay of this id.");
    return found;
  };
  const fake: FakeReplays = {
    started,
    endAfter: null,
    start: async (wanted, by) => {
      started.push({ wanted, by });
      const { dryRun = false, cause = null, source = "web", messageIds = null } = wanted;
      const made: ReplayView = {
        id: `rp_${known.size}`,
        status: dryRun ? "done" : "running",
        dryRun,
        source,
        cause,
        messageIds: messageIds === null ? null : [...messageIds],
        transformation: null,
        by,
        startedAt: at,
        endedAt: dryRun ? at : null,
        total: 2,
        accepted: 1,
        refused: dryRun ? 1 : 0,
        skipped: 0,
        refusals: dryRun ? [{ code: "event_missing", message: "it has no name", field: "event", count: 1 }] : [],
        examples: dryRun ? [{ messageId: "r0", before: { a: 1 }, after: { a: "1" }, reason: null }] : [],
        problem: null,
      };
      known.set(made.id, made);
      return made;
    },
    list: async ({ after, limit }) => pageOf([...known.values()].toReversed(), after, limit),
    find: async (id) => {
      const found = find(id);
      if (fake.endAfter !== null && --fake.endAfter <= 0) Object.assign(found, { status: "done", endedAt: at });
      return found;
    },
    stop: async (id) => Object.assign(find(id), { status: "stopped", endedAt: at }),
    resume: async (id) => {
      const found = find(id);
      if (found.status === "running") throw new Problem(409, "replay_not_stopped", "It runs.");
      return Object.assign(found, { status: "running", endedAt: null });
    },
  };
  return fake;
}
