import {
  IconArrowsSplit,
  IconArrowsJoin2,
  IconBandage,
  IconBolt,
  IconDatabase,
  IconFingerprint,
  IconHeartbeat,
  IconPlugConnected,
  IconUsers,
  type TablerIcon,
} from "@tabler/icons-react";
import type { ComponentType } from "react";
import { RejectsCount } from "../rejects/RejectsCount.tsx";
import { words } from "../words/words.ts";

/** A page of the rail: its route is in routes.tsx, lazily loaded. */
export interface RailPage {
  path: string;
  label: string;
  icon: TablerIcon;
  /** `G` and then this goes there. */
  key: string;
  /** How much waits there. */
  Count?: ComponentType;
}

/** In the rail's order; the first is where the console begins. */
export const railPages: readonly RailPage[] = [
  { path: "/live", label: words.pages.live, icon: IconBolt, key: "l" },
  { path: "/rejects", label: words.pages.rejects, icon: IconBandage, key: "e", Count: RejectsCount },
  { path: "/customers", label: words.pages.customers, icon: IconUsers, key: "c" },
  { path: "/review", label: words.pages.review, icon: IconArrowsJoin2, key: "r" },
  { path: "/query", label: words.pages.query, icon: IconDatabase, key: "q" },
  { path: "/rules", label: words.pages.rules, icon: IconFingerprint, key: "u" },
  { path: "/corrections", label: words.pages.corrections, icon: IconArrowsSplit, key: "w" },
  { path: "/sources", label: words.pages.sources, icon: IconPlugConnected, key: "s" },
  { path: "/ops", label: words.pages.ops, icon: IconHeartbeat, key: "o" },
];
