import { profileIdOf, type KeyedHash } from "../../../model/keyedHash.ts";
import type { FragmentId, FragmentState, Sighting, SourceSpan } from "../../../model/fragment.ts";
import type { DeviceFragment, FragmentEvidence, IdentifierRow } from "../../../storage/identityAndProfiles.ts";
import type { DetailRow, EncodedSighting, EncodedSpan, FragmentRowOf, IdentifierRowOf } from "./stateRows.ts";

/** Spans are rewritten with every event: arrays are a third of the size of objects. */
export function encodeSpans(spans: Readonly<Record<string, SourceSpan>>): EncodedSpan[] {
  return Object.keys(spans)
    .sort()
    .map((source) => {
      const { count, firstAt, firstMessageId, lastAt } = spans[source] as SourceSpan;
      return [source, count, firstAt, firstMessageId, lastAt];
    });
}

export function decodeSpans(encoded: readonly EncodedSpan[]): Record<string, SourceSpan> {
  // A source may be named as what every object has.
  const spans = Object.create(null) as Record<string, SourceSpan>;
  for (const [source, count, firstAt, firstMessageId, lastAt] of encoded) {
    spans[source] = { count, firstAt, firstMessageId, lastAt };
  }
  return spans;
}

export function encodeSighting({ at, position, logout }: Sighting): EncodedSighting {
  return [at, position, logout];
}
export function decodeSighting([at, position, logout]: EncodedSighting): Sighting {
  return { at, position, logout };
}

/** A row that is a fragment, and not only what others say of one. */
export type PresentFragment = FragmentRowOf & Required<Pick<FragmentRowOf, "person" | "identifiers" | "spans">>;
export function isPresent(row: FragmentRowOf | null): row is PresentFragment {
  return row?.person !== undefined;
}

export function evidenceOf(id: string, row: PresentFragment): FragmentEvidence {
  return {
    id,
    person: row.person,
    identifiers: row.identifiers,
    spans: decodeSpans(row.spans),
    ...(row.tenant === undefined ? {} : { tenant: row.tenant }),
    ...(row.logouts === undefined ? {} : { logouts: row.logouts }),
  };
}

export function deviceFragmentOf(id: string, row: PresentFragment): DeviceFragment {
  return { ...evidenceOf(id, row), base: row.base ?? id, device: row.device ?? null };
}

export function stateOf(id: string, row: PresentFragment, detail: DetailRow | null): FragmentState {
  const { person: _, ...evidence } = evidenceOf(id, row);
  return { ...evidence, traits: detail?.traits ?? {}, consents: detail?.consents ?? {} };
}

export type PresentIdentifier = IdentifierRowOf & Required<Pick<IdentifierRowOf, "key" | "person">>;
export function isKnown(row: IdentifierRowOf | null): row is PresentIdentifier {
  return row?.key !== undefined;
}

export function identifierOf(row: PresentIdentifier): IdentifierRow {
  return {
    key: row.key,
    person: row.person,
    decision: row.decision ?? "ordinary",
    seenWith: row.seenWith ?? [],
    firstAt: row.firstAt ?? 0,
  };
}

/** A tenant's fragments are found by who they are. */
export function handedName(hash: KeyedHash, tenant: string, fragment: FragmentId): string {
  return `${profileIdOf(hash, tenant)}.${fragment}`;
}
