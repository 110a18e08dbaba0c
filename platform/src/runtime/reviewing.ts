import { randomUUID } from "node:crypto";
import type { Services } from "../api/services.ts";
import type { EventBuffer } from "../buffer/eventBuffer.ts";
import {
  linkageRuns,
  linkService,
  reviewService,
  type CorrectionService,
  type LinkageRuns,
} from "../identity/index.ts";
import type { KeyedHash } from "../model/keyedHash.ts";
import { linkageEngine } from "./linkageEngine.ts";
import type { Settings } from "./settings.ts";
import type { Stages } from "./stages.ts";
import type { Telemetry } from "./telemetry/telemetry.ts";
import { tracedLinkage } from "./telemetry/tracedServices.ts";

type Parts = Pick<Stages, "explainer" | "links" | "reviews" | "ingestion" | "log"> & {
  append: EventBuffer["append"];
  hash: KeyedHash;
  settings: Settings;
  telemetry: Telemetry | null;
};

/** The review queue, and what linkages found. */
export function reviewServices(
  parts: Parts & { corrections: CorrectionService; runs: LinkageRuns },
): Pick<Services, "reviews" | "linkage"> {
  const { explainer, reviews, runs, corrections } = parts;
  const queue = reviewService({ reviews, pairs: explainer, corrections, now: Date.now });
  return {
    reviews: { ...queue, status: () => reviews.status(), model: () => reviews.model(null) },
    linkage: { runs, links: linkService({ ...linkParts(parts), fates: explainer.linkFates }) },
  };
}

export function linkageRunsOver(
  parts: Parts,
  {
    indexFile,
    spillDirectory,
    onTrouble,
  }: { indexFile: string; spillDirectory: string; onTrouble: (message: string) => void },
): LinkageRuns {
  const { reviewFrom, linkAutomaticFrom: automaticFrom } = parts.settings;
  const defaults = { reviewFrom, automaticFrom };
  return linkageRuns({
    ...linkParts(parts),
    reviews: parts.reviews,
    engine: tracedLinkage(linkageEngine({ indexFile, spillDirectory }), parts.telemetry),
    defaults,
    onTrouble,
  });
}

function linkParts({ links, hash, append, ingestion, log }: Parts) {
  const decided = (): Promise<void> => ingestion.reached(log.end());
  return { links, hash, append, decided, now: Date.now, newId: randomUUID };
}
