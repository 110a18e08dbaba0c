import type { components } from "../api/openApi.d.ts";

export type Rejection = components["schemas"]["Rejection"];

/** Refusals of one kind from one source, newest first. */
export interface RefusalGroup {
  source: string;
  sourceKind: string | null;
  code: string;
  items: Rejection[];
}

/** `event_missing` as people say it. */
export function reasonText(code: string): string {
  return code.replaceAll("_", " ");
}

/** In the order of each group's newest. `items` come newest first. */
export function grouped(items: readonly Rejection[]): RefusalGroup[] {
  const groups = Map.groupBy(items, ({ source, code }) => `${source} ${code}`);
  return [...groups.values()].flatMap((all) => {
    const [newest] = all;
    if (newest === undefined) return [];
    const { source, sourceKind, code } = newest;
    return [{ source, sourceKind, code, items: all }];
  });
}

/** What was sent, as text to read and to correct; JSON in lines, however it was kept. */
export function asText(event: unknown): string {
  if (typeof event !== "string") return JSON.stringify(event, null, 2);
  try {
    return JSON.stringify(JSON.parse(event), null, 2);
  } catch {
    return event;
  }
}

/** Of text that is no call: `detail` is the parser's own word. */
export type Corrected = { call: Record<string, unknown> } | { fault: "syntax" | "shape"; detail: string };

export function correctedCall(text: string): Corrected {
  try {
    const call: unknown = JSON.parse(text);
    if (typeof call === "object" && call !== null && !Array.isArray(call)) return { call: { ...call } };
    return { fault: "shape", detail: "" };
  } catch (error) {
    return { fault: "syntax", detail: error instanceof Error ? error.message : "" };
  }
}
