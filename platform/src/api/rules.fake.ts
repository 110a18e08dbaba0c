import type { PublishedRules, RulesPreview, RulesService } from "../identity/index.ts";
import { Problem } from "../model/problem.ts";

export type FakeRules = Omit<RulesService, "close"> & {
  readonly published: PublishedRules[];
  /** How the next dry run ends, after a question in between; `endless` until it is cancelled. */
  nextPreview: "done" | "failed" | "endless";
};

const changes = [{ path: "types.email.limit", before: 5, after: 2 }];

const effect: RulesPreview["effect"] = {
  people: { before: 10, after: 11 },
  joins: 0,
  splits: 1,
  affected: 1,
  decisions: [{ type: "email", from: "ordinary", to: "hub", count: 3 }],
  affectedIds: ["p_ada"],
  examples: [
    {
      kind: "split",
      before: [{ profileId: "p_ada", identifiers: ["email:a@x.co", "email:b@x.co"], identifierCount: 2 }],
      after: [
        { profileId: "p_ada", identifiers: ["email:a@x.co"], identifierCount: 1 },
        { profileId: "p_other", identifiers: ["email:b@x.co"], identifierCount: 1 },
      ],
      because: [{ change: { path: "types.email.limit", before: 5, after: 2 }, alone: true }],
      reasons: ["A person has at most 2 of email."],
    },
  ],
};

/** Versions in a list, and a dry run that is done at the second question. */
export function fakeRules(at: number): FakeRules {
  const first = { number: 1, hash: "h1", document: { hubThreshold: 3 }, by: null, reason: "The defaults." };
  const published: PublishedRules[] = [{ ...first, publishedAt: null, inForce: true }];
  const previews = new Map<string, RulesPreview>();
  const previewOf = (id: string): RulesPreview => {
    const found = previews.get(id);
    if (found === undefined) throw new Problem(404, "preview_not_found", "There is no such dry run.");
    return found;
  };
  const fake: FakeRules = {
    published,
    nextPreview: "done",
    list: async ({ below, limit }) => {
      const rest = published.toReversed().filter(({ number }) => below === null || number < below);
      const items = rest.slice(0, limit);
      const next = rest.length > items.length ? (items.at(-1)?.number ?? null) : null;
      return { current: published.at(-1) as PublishedRules, applying: { number: 9, since: at }, items, next };
    },
    version: async (number) => {
      const found = published.find((each) => each.number === number);
      if (found === undefined) throw new Problem(404, "rules_version_not_found", "There is no such version.");
      return found;
    },
    preview: async (document) => {
      checkDocument(document);
      const id = `r_${previews.size}`;
      const open = { startedAt: at, endedAt: null, against: null, effect: null, problem: null };
      previews.set(id, { id, status: "running", progress: 0.5, hash: "h", changes, ...open });
      return { ...previewOf(id) };
    },
    previewOf: (id) => {
      const found = previewOf(id);
      if (fake.nextPreview === "endless" || found.status !== "running") return found;
      const problem = { code: "rules_join_too_many", message: "These rules join too many.", hint: "Lower them." };
      const ended = { endedAt: at, progress: 1, against: 1 };
      const isDone = fake.nextPreview === "done";
      return Object.assign(found, ended, isDone ? { status: "done", effect } : { status: "failed", problem });
    },
    cancelPreview: async (id) => Object.assign(previewOf(id), { status: "cancelled", endedAt: at }),
    publish: async ({ document, basedOn }, { by, reason }) => {
      checkDocument(document);
      const last = published.at(-1) as PublishedRules;
      if (basedOn !== last.number) {
        throw new Problem(409, "rules_changed_meanwhile", "Another version holds.", { field: "basedOn" });
      }
      last.inForce = false;
      const number = last.number + 1;
      const kept = document as PublishedRules["document"];
      const version = { number, hash: `h${number}`, document: kept, by, reason, publishedAt: at, inForce: true };
      published.push(version);
      return { version, decided: true };
    },
  };
  return fake;
}

function checkDocument(document: unknown): void {
  if (typeof document === "object" && document !== null && "hubThreshold" in document) return;
  throw new Problem(400, "invalid_identity_rules", "`hubThreshold` is missing.", { field: "hubThreshold" });
}
