import { disjointGroups, type Edge, type Identity } from "./joins.ts";
import type { Profile } from "./customerQueries.ts";

/** What one source knows together: identifiers that hang together by its own evidence. */
export interface SourceRecord {
  id: string;
  source: string;
  /** Of its identifiers the one that names it best. */
  name: string;
  links: RecordLink[];
}

export interface RecordLink {
  /** `type:value`. */
  identifier: string;
  /** Events that showed it beside another one; 0 where it came alone. */
  count: number;
  /** The least sure, 0 to 1; null where it came alone. */
  confidence: number | null;
  rule: string | null;
  /** ISO 8601: of the first evidence. */
  since: string | null;
}

export interface IdentityPicture {
  records: SourceRecord[];
  identifiers: {
    key: string;
    decision: Identity["identifiers"][number]["decision"];
    reason: string | null;
    records: number;
  }[];
  /** Evidence that counts. */
  active: Edge[];
  refused: Edge[];
  /** Who had the shared devices, and when. */
  devices: Identity["devices"];
  /** How many more shared devices there are. */
  devicesLeftOut: number;
  /** Identifiers that two records or more have. */
  shared: number;
  /** Of all evidence that counts; null without any. */
  weakest: number | null;
}

/** Naming types, the surest first. */
const nameRank = [
  "user_id",
  "crm_id",
  "erp_id",
  "customer_id",
  "loyalty_card",
  "email",
  "phone",
  "social_handle",
  "pos_card",
];

export function typeOf(key: string): string {
  return key.slice(0, key.indexOf(":"));
}

export function valueOf(key: string): string {
  return key.slice(key.indexOf(":") + 1);
}

/** Records and identifiers of a person with what ties them, from the evidence and from who sent each identifier. */
export function pictureOf(identity: Identity, identifiers: NonNullable<Profile["identifiers"]>): IdentityPicture {
  const active = identity.edges.filter(({ status, kind }) => status === "active" && kind === "same");
  const records = recordsOf(active);
  for (const { type, value, sources } of identifiers) {
    const key = `${type}:${value}`;
    for (const source of sources) {
      const isKnown = records.some(
        (record) => record.source === source && record.links.some((l) => l.identifier === key),
      );
      if (!isKnown) records.push(recordOf(source, [alone(key)]));
    }
  }
  const held = new Map<string, number>();
  for (const { links } of records)
    for (const { identifier } of links) held.set(identifier, (held.get(identifier) ?? 0) + 1);
  return {
    records: records.sort((a, b) => compare(a.source, b.source) || compare(a.name, b.name)),
    identifiers: identity.identifiers
      .map(({ identifier, decision, reason }) => ({
        key: identifier,
        decision,
        reason,
        records: held.get(identifier) ?? 0,
      }))
      .sort((a, b) => b.records - a.records || rankOf(a.key) - rankOf(b.key) || compare(a.key, b.key)),
    active,
    refused: identity.edges.filter(({ status }) => status === "refused"),
    devices: identity.devices,
    devicesLeftOut: identity.devicesLeftOut,
    shared: [...held.values()].filter((count) => count > 1).length,
    weakest: active.length === 0 ? null : Math.min(...active.map(({ confidence }) => confidence)),
  };
}

function recordsOf(active: readonly Edge[]): SourceRecord[] {
  const groups = disjointGroups();
  const side = (source: string, key: string): string => `${source}\n${key}`;
  for (const { source, from, to } of active) groups.unite(side(source, from), side(source, to));
  const linksOf = new Map<string, { source: string; links: Map<string, RecordLink> }>();
  for (const edge of active) {
    const root = groups.rootOf(side(edge.source, edge.from));
    const record = linksOf.get(root) ?? { source: edge.source, links: new Map<string, RecordLink>() };
    for (const identifier of [edge.from, edge.to]) {
      record.links.set(identifier, linkWith(record.links.get(identifier), identifier, edge));
    }
    linksOf.set(root, record);
  }
  return [...linksOf.values()].map(({ source, links }) => recordOf(source, [...links.values()]));
}

function linkWith(known: RecordLink | undefined, identifier: string, edge: Edge): RecordLink {
  const { count, confidence, rule, occurredAt } = edge;
  if (known === undefined) return { identifier, count, confidence, rule, since: occurredAt };
  return {
    identifier,
    count: Math.max(known.count, count),
    confidence: Math.min(known.confidence ?? 1, confidence),
    rule: known.rule === rule ? rule : (known.rule ?? rule),
    since: known.since !== null && known.since < occurredAt ? known.since : occurredAt,
  };
}

function alone(identifier: string): RecordLink {
  return { identifier, count: 0, confidence: null, rule: null, since: null };
}

function recordOf(source: string, links: RecordLink[]): SourceRecord {
  const sorted = links.toSorted(
    (a, b) => rankOf(a.identifier) - rankOf(b.identifier) || compare(a.identifier, b.identifier),
  );
  const name = sorted[0]?.identifier ?? source;
  return { id: `${source}\n${name}`, source, name, links: sorted };
}

function rankOf(key: string): number {
  const rank = nameRank.indexOf(typeOf(key));
  return rank === -1 ? nameRank.length : rank;
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

export const maxGraphNodes = 60;
/** Of the identifiers that only one record has, so many stand by themselves when there are too many nodes. */
const keptLeaves = 2;

export interface FoldedPicture {
  records: (SourceRecord & { folded: number })[];
  identifiers: IdentityPicture["identifiers"];
}

/** What is drawn: all, or with the identifiers that tie nothing folded; null where even that is too much. */
export function foldedPicture({ records, identifiers }: IdentityPicture): FoldedPicture | null {
  if (records.length + identifiers.length <= maxGraphNodes) {
    return { records: records.map((record) => ({ ...record, folded: 0 })), identifiers };
  }
  const tying = new Set(identifiers.filter((each) => each.records > 1).map(({ key }) => key));
  const kept = records.map((record) => {
    const leaves = record.links.filter(({ identifier }) => !tying.has(identifier));
    const away = new Set(leaves.slice(keptLeaves).map(({ identifier }) => identifier));
    return { ...record, links: record.links.filter(({ identifier }) => !away.has(identifier)), folded: away.size };
  });
  const shown = new Set(kept.flatMap(({ links }) => links.map(({ identifier }) => identifier)));
  const left = identifiers.filter(({ key }) => shown.has(key));
  return kept.length + left.length <= maxGraphNodes ? { records: kept, identifiers: left } : null;
}
