import type { PublishedRules, RulesPreview } from "../identity/index.ts";
import { iso } from "./routeTypes.ts";

export type { RulesEffect } from "../identity/index.ts";

/** A version as the API shows it. Times ISO 8601. */
export type RulesVersionView = Omit<PublishedRules, "publishedAt"> & { publishedAt: string | null };
/** In lists. */
export type RulesVersionHead = Omit<RulesVersionView, "document">;
export type RulesPreviewView = Omit<RulesPreview, "startedAt" | "endedAt"> & {
  startedAt: string;
  endedAt: string | null;
};

export interface RulesListView {
  current: RulesVersionView;
  applying: { number: number; since: string } | null;
  items: RulesVersionHead[];
  next: string | null;
}

export function versionView(version: PublishedRules): RulesVersionView {
  return { ...version, publishedAt: timeOrNull(version.publishedAt) };
}

export function versionHead(version: PublishedRules): RulesVersionHead {
  const { number, hash, by, reason, inForce } = version;
  return { number, hash, by, reason, publishedAt: timeOrNull(version.publishedAt), inForce };
}

export function previewView(preview: RulesPreview): RulesPreviewView {
  return { ...preview, startedAt: iso(preview.startedAt), endedAt: timeOrNull(preview.endedAt) };
}

function timeOrNull(ms: number | null): string | null {
  return ms === null ? null : iso(ms);
}
