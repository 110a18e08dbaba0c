import type { PanelQuery } from "./Panel.tsx";

/** What is already there, for a panel. */
export function settled<Data>(data: Data): PanelQuery<Data> {
  return { data, error: null, isPending: false, refetch: () => undefined };
}
