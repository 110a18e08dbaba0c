import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDecided } from "../src/adapters/embedded/decided.ts";
import { openLinkageDatabase } from "../src/adapters/embedded/linkage/linkageDatabase.ts";
import { openReviews, type ReviewCore } from "../src/adapters/embedded/reviews/core.ts";
import { recordPages } from "../src/adapters/embedded/reviews/recordPages.ts";
import { correctionsOver, linksOver } from "../src/adapters/embedded/state/corrections.ts";
import { peopleOver } from "../src/adapters/embedded/state/people.ts";
import { openStateReader } from "../src/adapters/embedded/state/schema.ts";
import {
  defaultIdentityRules,
  explainerOver,
  linkageRuns,
  linkProfiles,
  linkService,
  reviewService,
  type LinkageEngine,
  type LinkageRuns,
  type LinkService,
  type ReviewService,
} from "../src/identity/index.ts";
import type { AcceptedEvent } from "../src/model/event.ts";
import { decodeRecord } from "../src/model/logRecord.ts";
import { composeProfile, displayNameOf } from "../src/profiles/index.ts";
import type { Links } from "../src/storage/corrections.ts";
import type { People } from "../src/storage/people.ts";
import { accepted, foldingHarness, hash, homeCurrency, type Folding } from "./pipelineHarness.ts";

/** The review queue over the real pipeline, its store and its linkage, in one thread. */
export interface Reviewing {
  folding: Folding;
  reviews: ReviewCore;
  service: ReviewService;
  runs: LinkageRuns;
  links: LinkService;
  people: People;
  linkRecord: Links;
  /** Tells the time. */
  clock: { now: number };
  troubles: string[];
  close(): Promise<void>;
}

export function identified(messageId: string, key: string, traits: Record<string, unknown>): AcceptedEvent {
  const body = JSON.parse(JSON.stringify({ type: "identify", traits })) as AcceptedEvent["body"];
  return accepted({
    messageId,
    type: "identify",
    event: null,
    source: "crm",
    sourceKind: "crm",
    identifiers: [key],
    body,
  });
}

export async function reviewingHarness(
  defaults: { automaticFrom: number | null } = { automaticFrom: null },
): Promise<Reviewing> {
  const directory = mkdtempSync(join(tmpdir(), "c360-reviewing-"));
  const folding = await foldingHarness();
  const reader = openStateReader(folding.file);
  const people = peopleOver(reader, hash);
  const clock = { now: Date.UTC(2026, 10, 24, 12) };
  const now = (): number => ++clock.now;
  const indexFile = join(directory, "linkage.sqlite");
  const rules = defaultIdentityRules;
  const reviews = await openReviews({
    indexFile,
    reviewFile: join(directory, "reviews.sqlite"),
    decided: openDecided({ file: folding.file, hash, homeCurrency }),
    rules,
    spillDirectory: join(directory, "spill"),
    reviewFrom: 0.5,
    now,
    memoryLimitMb: 256,
  });
  const troubles: string[] = [];
  let made = 0;
  const explainer = explainerOver({
    people,
    corrections: correctionsOver(reader),
    links: linksOver(reader),
    rules,
    hash,
    compose: (record) => composeProfile({ ...record, hash, homeCurrency }),
    nameOf: displayNameOf,
  });
  const parts = {
    links: linksOver(reader),
    hash,
    append: async (records: readonly { payload: Uint8Array }[]) =>
      folding.deliver(records.map(({ payload }) => decodeRecord(payload))),
    decided: async () => undefined,
    now,
    newId: () => String(++made),
  };
  const thresholds = { ...defaults, reviewFrom: 0.5 };
  return {
    folding,
    reviews,
    service: reviewService({ reviews, pairs: explainer, corrections: folding.corrections, now }),
    runs: linkageRuns({
      ...parts,
      reviews,
      engine: engineHere(indexFile, directory),
      defaults: thresholds,
      onTrouble: (message) => troubles.push(message),
    }),
    links: linkService({ ...parts, fates: explainer.linkFates }),
    people,
    linkRecord: parts.links,
    clock,
    troubles,
    close: async () => {
      await reviews.close();
      reader.close();
      await folding.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** In this thread; it cannot be cancelled in the midst. */
function engineHere(indexFile: string, spillDirectory: string): LinkageEngine {
  return {
    run: ({ leastProbability }, listener) => {
      const work = async (): Promise<void> => {
        const database = await openLinkageDatabase({ spillDirectory, memoryLimitMb: 256, threads: 1 });
        try {
          const linked = await linkProfiles(database, recordPages(indexFile), { onProgress: listener.progress });
          const { records, pairs: comparedPairs, model } = linked;
          await listener.learned({ document: JSON.stringify(model), records, comparedPairs });
          for await (const pair of linked.found(leastProbability)) if (!(await listener.found([pair]))) break;
        } finally {
          database.close();
        }
      };
      return { ended: work(), cancel: () => undefined };
    },
  };
}
