import type { Position } from "../../model/position.ts";

/**
 * How far a subscriber has been told: every record before `taken` as it came, every one before `decided` as it was
 * decided. As text, `taken-decided`, it is the id of a message; both are positions of the log, so that it holds over
 * connections and restarts.
 */
export interface Frontier {
  taken: Position;
  decided: Position;
}

export function frontierId({ taken, decided }: Frontier): string {
  return `${taken}-${decided}`;
}

/** Null for what is no such id. */
export function frontierOf(id: string): Frontier | null {
  const [, taken, decided] = /^(\d{1,15})-(\d{1,15})$/.exec(id) ?? [];
  if (taken === undefined || decided === undefined) return null;
  return { taken: Number(taken), decided: Number(decided) };
}
