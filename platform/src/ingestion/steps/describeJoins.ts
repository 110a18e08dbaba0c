import type { IdentifierKey } from "../../model/identifier.ts";
import type { Join } from "../../model/join.ts";
import type { PersonNumber, PersonRow } from "../../storage/identityAndProfiles.ts";
import type { Joins, PeopleBefore } from "./changedPeople.ts";
import type { Folded } from "./fold.ts";
import type { Incoming, IncomingCorrection } from "./validate.ts";

/** Of one batch: a first import can join thousands, and nobody watches those one by one. */
const maxJoinsTold = 50;

/**
 * Which people the batch joined: sets of identifiers that were several persons before it. People that appear and meet
 * within one batch were never two. One walk over the batch, and only where somebody was joined: by an event that names
 * two of them, else by what a person or a linkage said of them.
 */
export function describeJoins(
  folded: Folded,
  evidence: PeopleBefore,
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
  for (const meeting of told) if ((meeting.shown?.met ?? 0) < 2) findCorrection(folded, evidence, meeting);
  const rows = new Map(persons.map((row) => [row.person, row]));
  const joins = told.flatMap((meeting) => joinOf(meeting, evidence, rows.get(meeting.person)) ?? []);
  return { joined, joins: joins.sort((one, other) => one.position - other.position) };
}

interface Meeting {
  person: PersonNumber;
  before: PersonNumber[];
  /** What showed it; `met`: how many of the former persons its identifiers name. */
  shown: { by: Incoming | IncomingCorrection; keys: IdentifierKey[]; met: number } | null;
}

/** The first event that names two of them; where a chain of events joined them, the last that names one. */
function findEvents(folded: Folded, evidence: PeopleBefore, meetings: ReadonlyMap<PersonNumber, Meeting>): void {
  for (const incoming of folded.events) {
    const { identifiers, aliasOf } = incoming.event;
    if (identifiers.length === 0) continue;
    for (const [person, keys] of keysByPerson([...identifiers, ...aliasOf], evidence)) {
      const meeting = meetings.get(person);
      if (meeting === undefined || (meeting.shown?.met ?? 0) >= 2) continue;
      const before = new Set(keys.map((key) => evidence.before.get(key)?.person ?? 0));
      before.delete(0);
      meeting.shown = { by: incoming, keys, met: before.size };
    }
  }
}

/**
 * The last that holds for it in the batch: the latest one of two former persons of it. Where corrections joined them in
 * a chain, or beside events, the last that names one of them; an event alone need not be what did.
 */
function findCorrection({ corrections }: Folded, { before, identifiers }: PeopleBefore, meeting: Meeting): void {
  if (corrections.length === 0) return;
  meeting.shown = null;
  for (const incoming of corrections) {
    const { a, b, verdict } = incoming.event.body;
    const keys = [a, b].filter((key) => identifiers.get(key)?.person === meeting.person);
    if (verdict === "different" || keys.length === 0) continue;
    const met = new Set(keys.map((key) => before.get(key)?.person ?? 0)).size;
    if (met >= (meeting.shown?.met ?? 0)) meeting.shown = { by: incoming, keys, met };
  }
}

function keysByPerson(
  keys: readonly IdentifierKey[],
  { identifiers }: PeopleBefore,
): Map<PersonNumber, IdentifierKey[]> {
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
function heirOf(former: PersonNumber, { before, identifiers }: PeopleBefore): PersonNumber {
  let living: { key: IdentifierKey; firstAt: number } | null = null;
  for (const [key, row] of before) {
    if (row.person !== former) continue;
    const { firstAt } = row;
    const isEarlier = living === null || firstAt < living.firstAt || (firstAt === living.firstAt && key < living.key);
    if (isEarlier) living = { key, firstAt };
  }
  return living === null ? 0 : (identifiers.get(living.key)?.person ?? 0);
}

function joinOf({ person, before, shown }: Meeting, evidence: PeopleBefore, row: PersonRow | undefined): Join | null {
  if (shown === null || row === undefined) return null;
  const { position } = shown.by;
  // One that was taken apart in the same moment may have left its id to another.
  const joined = before.filter((former) => heirOf(former, evidence) === person);
  const ids = joined.flatMap((former) => evidence.persons.get(former)?.profileId ?? []);
  return {
    position,
    profileId: row.profileId,
    retiredIds: ids.filter((id) => id !== row.profileId).sort(),
    identifiers: shown.keys,
    ...tellingOf(shown.by, shown.keys),
  };
}

type Telling = Pick<Join, "messageId" | "source" | "sourceKind" | "occurredAt" | "rule">;

function tellingOf({ event }: Incoming | IncomingCorrection, keys: readonly IdentifierKey[]): Telling {
  const { messageId, source } = event;
  if (event.status !== "accepted") {
    const { verdict } = event.body;
    const rule = verdict === "unlinked" ? "withdrawn" : verdict;
    return { messageId, source, sourceKind: null, occurredAt: event.receivedAt, rule };
  }
  const rule = event.aliasOf.some((key) => keys.includes(key)) ? "alias" : "seen_together";
  return { messageId, source, sourceKind: event.sourceKind, occurredAt: event.occurredAt, rule };
}
