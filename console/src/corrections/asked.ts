import { createContext, use } from "react";
import type { Profile } from "../customer/customerQueries.ts";
import type { Wanted } from "./wanted.ts";

/** How what is wanted came about: how it is called. */
export type Manner = "merge" | "apart" | "unmerge" | "takeOut" | "withdraw";

/** What the dialog is opened with. */
export type Asked =
  /** Both customers are to be found. */
  | { step: "first" }
  /** The other customer is to be found. */
  | { step: "find"; to: "merge" | "apart" | "why"; profile: Profile; onFound?: (identifier: string) => void }
  | { step: "split"; profile: Profile; identifier?: string }
  | { step: "say"; manner: Manner; wanted: Wanted };

/** Opens the dialog of corrections. */
export const AskContext = createContext<(asked: Asked) => void>(() => undefined);

export function useAsk(): (asked: Asked) => void {
  return use(AskContext);
}
