const verdicts = ["same", "different", "withdrawn"] as const;
export type Verdict = (typeof verdicts)[number];

/** What the list shows; null: any. `profile` is an opaque id. */
export interface CorrectionFilters {
  verdict: Verdict | null;
  by: string | null;
  profile: string | null;
}

export function readFilters(search: URLSearchParams): CorrectionFilters {
  const verdict = verdicts.find((each) => each === search.get("verdict")) ?? null;
  return { verdict, by: search.get("by"), profile: search.get("profile") };
}

export function withFilters({ verdict, by, profile }: CorrectionFilters): URLSearchParams {
  const search = new URLSearchParams();
  if (verdict !== null) search.set("verdict", verdict);
  if (by !== null) search.set("by", by);
  if (profile !== null) search.set("profile", profile);
  return search;
}
