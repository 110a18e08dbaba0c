/** What the page shows. The filters stand in the address; the words, which name people, in its fragment, which no server sees. */
export interface CustomersView {
  q: string;
  /** A kind of source, or a source's id. */
  source: string | null;
  /** Minor units of the home currency. */
  minRevenue: number | null;
  /** `marketing.email`, or `marketing.email:denied`. */
  consent: string | null;
  seenWithin: string | null;
}

const minQueryChars = 2;
const maxQueryChars = 200;
const seenPattern = /^[1-9]\d{0,3}[mhdw]$/;

export function readView(search: string, hash: string): CustomersView {
  const filters = new URLSearchParams(search);
  const minRevenue = filters.get("spend") ?? "";
  const seenWithin = filters.get("seen") ?? "";
  return {
    q: (new URLSearchParams(hash.replace(/^#/, "")).get("q") ?? "").slice(0, maxQueryChars),
    source: filters.get("source"),
    minRevenue: /^\d{1,15}$/.test(minRevenue) ? Number(minRevenue) : null,
    consent: filters.get("consent"),
    seenWithin: seenPattern.test(seenWithin) ? seenWithin : null,
  };
}

/** The address's two ends; `readView` of them is the view. */
export function addressOf(view: CustomersView): { search: string; hash: string } {
  const filters = new URLSearchParams();
  if (view.source !== null) filters.set("source", view.source);
  if (view.minRevenue !== null) filters.set("spend", String(view.minRevenue));
  if (view.consent !== null) filters.set("consent", view.consent);
  if (view.seenWithin !== null) filters.set("seen", view.seenWithin);
  const search = filters.toString();
  const hash = view.q === "" ? "" : `#${new URLSearchParams({ q: view.q }).toString()}`;
  return { search: search === "" ? "" : `?${search}`, hash };
}

export function isFiltered({ source, minRevenue, consent, seenWithin }: CustomersView): boolean {
  return source !== null || minRevenue !== null || consent !== null || seenWithin !== null;
}

/** Whether there are characters enough to search by. */
export function isAsked(q: string): boolean {
  return q.trim().length >= minQueryChars;
}

/** The body of the search that answers the view: one character is none yet. */
export function questionOf({ q, source, minRevenue, consent, seenWithin }: CustomersView) {
  const words = q.trim();
  return {
    ...(isAsked(q) ? { q: words } : {}),
    ...(source === null ? {} : { source }),
    ...(minRevenue === null ? {} : { minRevenue }),
    ...(consent === null ? {} : { consent }),
    ...(seenWithin === null ? {} : { seenWithin }),
  };
}
