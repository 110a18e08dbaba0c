export const sourceKinds = ["crm", "erp", "pos", "iot", "social", "web", "mobile"] as const;
export type SourceKind = (typeof sourceKinds)[number];

/** Of {@link Source.maxEventsPerSecond}. */
export const mostEventsPerSecond = 1_000_000;

/** A system that sends events. Its id is what rows and provenance name. */
export interface Source {
  /** Chosen by the user: `^[a-z][a-z0-9_-]{0,62}$`. Never reused. */
  readonly id: string;
  readonly name: string;
  readonly kind: SourceKind;
  readonly enabled: boolean;
  /** More is refused with 429 until it has waited; null: only its share of what is processed bounds it. */
  readonly maxEventsPerSecond: number | null;
  /** UTC milliseconds. */
  readonly createdAt: number;
}
