import { useSources } from "../sources/sourceQueries.ts";
import type { Rates } from "./messages.ts";

/** When any source was last heard, ISO 8601; null: never, as far as is known. */
export function useLastEvent(rates: readonly Rates[]): string | null {
  const sources = useSources();
  const heard = (sources.data ?? []).map(({ health }) => health.lastEventAt ?? "");
  const latest = rates.findLast(({ accepted }) => accepted > 0)?.at ?? "";
  const last = [...heard, latest].reduce((one, other) => (other > one ? other : one), "");
  return last === "" ? null : last;
}
