import { Problem } from "../../model/problem.ts";
import type { IdentityRules } from "../rules.ts";
import type { DocumentChange } from "./difference.ts";
import type { RulesEffect } from "./effect.ts";

/** Looks at everybody by other rules, beside what goes on. */
export interface RulesDryRun {
  /** `against`: the number of the version that held at the moment that was looked at. Rejects once `signal` aborts. */
  run(rules: IdentityRules, onProgress: (share: number) => void, signal: AbortSignal): Promise<DryRunAnswer>;
}

export interface DryRunAnswer {
  effect: RulesEffect;
  against: number;
}

/** A dry run that was asked for. */
export interface RulesPreview {
  id: string;
  status: "running" | "done" | "failed" | "cancelled";
  /** From 0 to 1. */
  progress: number;
  /** UTC ms. */
  startedAt: number;
  endedAt: number | null;
  /** Of the document. */
  hash: string;
  /** What differs from the version that held when it began. */
  changes: DocumentChange[];
  against: number | null;
  effect: RulesEffect | null;
  problem: { code: string; message: string; hint: string | null } | null;
}

/** One is made at a time, as each takes a processor for itself; the results of the last ones are kept. */
const maxKept = 10;
const maxRunning = 1;
/** An answer waits so long for a result; a small shop's is there by then. */
const firstAnswerMs = 1_500;

export interface PreviewParts {
  dryRun: RulesDryRun;
  now: () => number;
  newId: () => string;
  sleep: (ms: number) => Promise<void>;
}

export interface Previews {
  /** Problem 503 `preview_busy` while another one runs. */
  start(document: { rules: IdentityRules; hash: string; changes: DocumentChange[] }): Promise<RulesPreview>;
  /** Problem 404 `preview_not_found`. */
  of(id: string): RulesPreview;
  cancel(id: string): Promise<RulesPreview>;
  close(): Promise<void>;
}

interface Running {
  preview: RulesPreview;
  abort: AbortController;
  ended: Promise<void>;
}

export function previewsOver({ dryRun, now, newId, sleep }: PreviewParts): Previews {
  const kept = new Map<string, Running>();
  const running = (): Running[] => [...kept.values()].filter(({ preview }) => preview.status === "running");
  const find = (id: string): Running => {
    const found = kept.get(id);
    if (found !== undefined) return found;
    throw new Problem(404, "preview_not_found", "There is no such dry run, or its result is no longer kept.", {
      hint: "Ask for it again: POST /api/identity/rules/preview",
    });
  };
  const end = (preview: RulesPreview, told: Partial<RulesPreview>): void => {
    Object.assign(preview, { endedAt: now() }, told);
  };
  const follow = async ({ preview, abort }: Omit<Running, "ended">, rules: IdentityRules): Promise<void> => {
    try {
      const onProgress = (share: number): void => {
        preview.progress = Math.max(preview.progress, Math.min(share, 1));
      };
      const { effect, against } = await dryRun.run(rules, onProgress, abort.signal);
      end(preview, { status: "done", progress: 1, effect, against });
    } catch (error) {
      end(preview, abort.signal.aborted ? { status: "cancelled" } : { status: "failed", problem: problemShown(error) });
    }
  };
  const cancel = async (one: Running): Promise<void> => {
    one.abort.abort();
    await one.ended;
  };
  return {
    start: async ({ rules, hash, changes }) => {
      if (running().length >= maxRunning) throw busy();
      const preview: RulesPreview = {
        id: newId(),
        status: "running",
        progress: 0,
        startedAt: now(),
        endedAt: null,
        hash,
        changes,
        against: null,
        effect: null,
        problem: null,
      };
      const begun = { preview, abort: new AbortController() };
      const ended = follow(begun, rules);
      kept.set(preview.id, { ...begun, ended });
      for (const id of kept.keys()) if (kept.size > maxKept) kept.delete(id);
      await Promise.race([ended, sleep(firstAnswerMs)]);
      return preview;
    },
    of: (id) => find(id).preview,
    cancel: async (id) => {
      const found = find(id);
      await cancel(found);
      return found.preview;
    },
    close: async () => {
      for (const one of running()) await cancel(one);
    },
  };
}

function busy(): Problem {
  return new Problem(503, "preview_busy", "Another dry run is being made.", {
    hint: "Wait for it, or cancel it: POST /api/identity/rules/previews/{id}/cancel",
    retryAfterSeconds: 10,
  });
}

function problemShown(error: unknown): RulesPreview["problem"] {
  if (error instanceof Problem) return { code: error.code, message: error.message, hint: error.hint ?? null };
  return { code: "preview_failed", message: "The dry run failed.", hint: "Try again; if it goes on, see the log." };
}
