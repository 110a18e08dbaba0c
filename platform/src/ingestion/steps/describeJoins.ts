import type { IdentifierKey } from "../../model/identifier.ts";
import type { Join } from "../../model/join.ts";
import type { PersonNumber, PersonRow } from "../../storage/identityAndProfiles.ts";
import type { Folded } from "./fold.ts";
import type { Evidence } from "./loadEvidence.ts";
import type { Incoming } from "./validate.ts";

/** Of one batch: a first import can join thousands, and nobody watches those one by one. */
const maxJoinsTold = 50;

export interface Joins {
  /** People that are another one now. */
  joined: number;
  /** The first ones, with the events that showed it, in their order. */
  joins: Join[];
}

/**
 * Which people the batch joined: sets of identifiers that were several persons before it. People that appear and meet
 * within one batch were never two. One walk over the batch, and only where somebody was joined. What a person's
 * correction or a linkage joined is counted, and told by the records of those.
 */
export function describeJoins(
  folded: Folded,
  evidence: Evidence,
  persons: readonly PersonRow[],
  removed: readonly PersonNumber[],
): Joins {
  if (removed.length === 0) return { joined: 0, joins: [] };
  const gone = new Set(removed);
  const origins = new Map<PersonNumber, Set<PersonNumber>>();
  for (const { key, person } of evidence.identifiers.values()) {
    const before = evidence.before.get(key)?.person ?? 0;
    if (before === 0 || person === 0) continue;
    const known = origins.get(person);
    if (known === undefined) origins.set(person, new Set([before]));
    else known.add(before);
  }
  let joined = 0;
  const told: Meeting[] = [];
  for (const [person, before] of origins) {
    if (before.size < 2) continue;
    const retired = [...before].filter((number) => number !== person && gone.has(number));
    joined += retired.length;
    if (retired.length > 0 && told.length < maxJoinsTold) told.push({ person, before: [...before], shown: null });
  }
  if (told.length === 0) return { joined, joins: [] };
  findEvents(folded, evidence, new Map(told.map((meeting) => [meeting.person, meeting])));
  const rows = new Map(persons.map((row) => [row.person, row]));
  // Beside a correction, an event that names only one of them need not be what joined them.
  const shown = folded.corrections.length === 0 ? told : told.filter((meeting) => (meeting.shown?.met ?? 0) >= 2);
  const joins = shown.flatMap((meeting) => joinOf(meeting, evidence, rows.get(meeting.person)) ?? []);
  return { joined, joins: joins.sort((one, other) => one.position - other.position) };
}

interface Meeting {
  person: PersonNumber;
  before: PersonNumber[];
  /** The event that showed it; `met`: how many of the former persons its identifiers name. */
  shown: { incoming: Incoming; keys: IdentifierKey[]; met: number } | null;
}

/** The first event that names two of them; where a chain of events joined them, the last that names one. */
function findEvents(folded: Folded, evidence: Evidence, meetings: ReadonlyMap<PersonNumber, Meeting>): void {
  for (const incoming of folded.events) {
    const { identifiers, aliasOf } = incoming.event;
    if (identifiers.length === 0) continue;
    for (const [person, keys] of keysByPerson([...identifiers, ...aliasOf], evidence)) {
      const meeting = meetings.get(person);
      if (meeting === undefined || (meeting.shown?.met ?? 0) >= 2) continue;
      const before = new Set(keys.map((key) => evidence.before.get(key)?.person ?? 0));
      before.delete(0);
      meeting.shown = { incoming, keys, met: before.size };
    }
  }
}

function keysByPerson(keys: readonly IdentifierKey[], { identifiers }: Evidence): Map<PersonNumber, IdentifierKey[]> {
  const found = new Map<PersonNumber, IdentifierKey[]>();
  for (const key of keys) {
    const person = identifiers.get(key)?.person ?? 0;
    if (person === 0) continue;
    const known = found.get(person);
    if (known === undefined) found.set(person, [key]);
    else if (!known.includes(key)) known.push(key);
  }
  return found;
}

/** Where an id went: to whom its person's earliest identifier belongs now. */
function heirOf(former: PersonNumber, { before, identifiers }: Evidence): PersonNumber {
  let living: { key: IdentifierKey; firstAt: number } | null = null;
  for (const [key, row] of before) {
    if (row.person !== former) continue;
    const { firstAt } = row;
    const isEarlier = living === null || firstAt < living.firstAt || (firstAt === living.firstAt && key < living.key);
    if (isEarlier) living = { key, firstAt };
  }
  return living === null ? 0 : (identifiers.get(living.key)?.person ?? 0);
}

function joinOf({ person, before, shown }: Meeting, evidence: Evidence, row: PersonRow | undefined): Join | null {
  if (shown === null || row === undefined) return null;
  const { position, event } = shown.incoming;
  // One that was taken apart in the same moment may have left its id to another.
  const joined = before.filter((former) => heirOf(former, evidence) === person);
  const ids = joined.flatMap((former) => evidence.persons.get(former)?.profileId ?? []);
  return {
    position,
    profileId: row.profileId,
    retiredIds: ids.filter((id) => id !== row.profileId).sort(),
    identifiers: shown.keys,
    messageId: event.messageId,
    source: event.source,
    sourceKind: event.sourceKind,
    occurredAt: event.occurredAt,
    rule: event.aliasOf.some((key) => shown.keys.includes(key)) ? "alias" : "seen_together",
  };
}
