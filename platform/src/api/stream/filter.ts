import type { JsonObject, CallRecord } from "../../model/event.ts";
import type { Join } from "../../model/join.ts";
import type { ProfileId } from "../../model/profile.ts";
import type { StreamStatus, Taken } from "./streamTypes.ts";

/** What a subscriber asked for. Null: anything. */
export interface StreamFilter {
  statuses: ReadonlySet<StreamStatus> | null;
  sources: ReadonlySet<string> | null;
  sourceKinds: ReadonlySet<string> | null;
  events: ReadonlySet<string> | null;
  /** A living or a retired id. */
  profileId: ProfileId | null;
}

/** The person that a filter names, as it is decided at the moment. */
export interface WatchedPerson {
  id: ProfileId;
  identifiers: ReadonlySet<string>;
  fragments: ReadonlySet<string>;
}

export function wants(filter: StreamFilter, status: StreamStatus): boolean {
  return filter.statuses === null || filter.statuses.has(status);
}

/** Duplicates are asked for by name: then they are looked for among everything that is decided, not only in a sample. */
export function wantsDuplicatesByName(filter: StreamFilter): boolean {
  return filter.statuses?.has("duplicate") === true;
}

/** Whether a record may be shown, by what is known when it comes. `person` stands for the filter's profile. */
export function matches(filter: StreamFilter, taken: Taken, person: WatchedPerson | null): boolean {
  const { record } = taken;
  if (filter.sources !== null && !filter.sources.has(record.source)) return false;
  if (filter.sourceKinds !== null && !filter.sourceKinds.has(record.sourceKind)) return false;
  if (filter.events !== null && !filter.events.has(eventOf(record) ?? "")) return false;
  if (filter.profileId === null) return true;
  if (person === null) return false;
  return person.fragments.has(taken.fragment) || taken.identifiers.some((key) => person.identifiers.has(key));
}

/** A join has no event's name: who asks for events by name asks for none. */
export function matchesJoin(filter: StreamFilter, join: Join): boolean {
  if (filter.events !== null || !wants(filter, "joined")) return false;
  if (filter.sources !== null && !filter.sources.has(join.source)) return false;
  if (filter.sourceKinds !== null && !filter.sourceKinds.has(join.sourceKind ?? "")) return false;
  const { profileId } = filter;
  return profileId === null || join.profileId === profileId || join.retiredIds.includes(profileId);
}

/** A larger one is not read again only to see what it was called. */
const maxParsedChars = 32_768;

/** What a refused call says of itself, as far as it can be read; empty where it cannot. */
export function refusedCall(record: CallRecord): JsonObject {
  if (typeof record.body !== "string") return record.body;
  if (record.body.length > maxParsedChars) return {};
  try {
    const parsed: unknown = JSON.parse(record.body);
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? (parsed as JsonObject) : {};
  } catch {
    return {};
  }
}

function eventOf(record: CallRecord): string | null {
  if (record.status === "accepted") return record.event;
  const { event, name } = refusedCall(record);
  const said = event ?? name;
  return typeof said === "string" ? said : null;
}
