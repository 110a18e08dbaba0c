import type { AcceptedEvent, JsonObject, JsonValue } from "../model/event.ts";
import type { ConsentValue, FragmentId, FragmentState, SourceSpan, TraitValue } from "../model/fragment.ts";
import type { IdentifierKey } from "../model/identifier.ts";
import { keepLeastKeys, ownValue, setOwn } from "./ownKeys.ts";

/** Distinct trait names in one fragment; of more, the least by code units stay, whatever the order of arrival. */
export const maxTraitsPerFragment = 500;
/** Distinct consent categories in one fragment; likewise. */
export const maxConsentsPerFragment = 100;
/** Names of traits and consent categories, in UTF-16 units; longer ones are left out (the event keeps them). */
export const maxNameLength = 128;
/** One trait's value as UTF-8 JSON; larger ones are left out. */
export const maxTraitValueBytes = 8_192;

/** What events taught: a fragment's state without its name. Merges of several fragments have this shape too. */
export type Learned = Pick<FragmentState, "spans" | "traits" | "consents">;

export interface FoldChange {
  /** Traits or consents changed: the fragment's large part has to be stored again. */
  readonly detailChanged: boolean;
  /** The source's first event (its time or, at the same time, its id) is another than before, or the source is new. */
  readonly firstLowered: boolean;
}

export function emptyFragment(id: FragmentId, identifiers: readonly IdentifierKey[]): FragmentState {
  return { id, identifiers, spans: {}, traits: {}, consents: {} };
}

/**
 * Folds one accepted event into the fragment of its combination of identifiers, in place. Call it once an event (who
 * calls has deduplicated); events may come in any order. Traits come from identify calls only, from `traits` and
 * `context.traits` (where both name one, `traits` counts); a null is a value that hides the trait. Consents come from
 * `context.consent.categoryPreferences` of any call that {@link mayHoldConsents}. A guest fragment learns neither: nobody is there to have them.
 */
export function foldEvent(state: FragmentState, event: AcceptedEvent, mayHoldConsents = true): FoldChange {
  const firstLowered = foldSpan(state.spans, event);
  const isSilent = event.type !== "identify" && !mayHoldConsents;
  if (isSilent || state.identifiers.length === 0) return { detailChanged: false, firstLowered };
  const context = objectOf(event.body["context"]);
  const traitsChanged = event.type === "identify" && foldTraits(state.traits, event, context);
  const consentsChanged = foldConsents(state.consents, event, context);
  return { detailChanged: traitsChanged || consentsChanged, firstLowered };
}

/** Whether folding the event may read or change traits or consents; otherwise a fragment's spans alone will do. */
export function touchesDetail(event: AcceptedEvent, mayHoldConsents = true): boolean {
  if (event.identifiers.length === 0) return false;
  if (event.type === "identify") return true;
  return mayHoldConsents && preferencesIn(objectOf(event.body["context"])) !== null;
}

const preferencesName = Buffer.from("categoryPreferences");
const unicodeEscape = Buffer.from("\\u");

/**
 * Whether an event of this JSON text can say anything of consents, without parsing it. An escape may spell any name.
 */
export function mayHoldConsents(json: Uint8Array): boolean {
  const text = Buffer.from(json.buffer, json.byteOffset, json.byteLength);
  return text.includes(preferencesName) || text.includes(unicodeEscape);
}

/**
 * The union of what several fragments (or several partial folds of one) learned. Commutative and associative; the
 * inputs stay as they are. The limits a fragment has on its names are not applied again.
 */
export function mergeFragments(states: readonly Learned[]): Learned {
  const merged: Learned = { spans: {}, traits: {}, consents: {} };
  for (const state of states) {
    for (const source of Object.keys(state.spans)) mergeSpan(merged.spans, source, state.spans[source] as SourceSpan);
    mergeLatest(merged.traits, state.traits);
    mergeLatest(merged.consents, state.consents);
  }
  return merged;
}

function foldSpan(spans: Record<string, SourceSpan>, event: AcceptedEvent): boolean {
  const { source, messageId, occurredAt } = event;
  const span = ownValue(spans, source);
  if (span === undefined) {
    setOwn(spans, source, { count: 1, firstAt: occurredAt, firstMessageId: messageId, lastAt: occurredAt });
    return true;
  }
  span.count += 1;
  if (occurredAt > span.lastAt) span.lastAt = occurredAt;
  if (occurredAt > span.firstAt || (occurredAt === span.firstAt && messageId >= span.firstMessageId)) return false;
  span.firstAt = occurredAt;
  span.firstMessageId = messageId;
  return true;
}

function mergeSpan(spans: Record<string, SourceSpan>, source: string, added: SourceSpan): void {
  const span = ownValue(spans, source);
  if (span === undefined) {
    setOwn(spans, source, { ...added });
    return;
  }
  span.count += added.count;
  span.lastAt = Math.max(span.lastAt, added.lastAt);
  if (added.firstAt > span.firstAt) return;
  if (added.firstAt === span.firstAt && added.firstMessageId >= span.firstMessageId) return;
  span.firstAt = added.firstAt;
  span.firstMessageId = added.firstMessageId;
}

function foldTraits(traits: Record<string, TraitValue>, event: AcceptedEvent, context: JsonObject | null): boolean {
  const own = objectOf(event.body["traits"]);
  const inContext = objectOf(context?.["traits"]);
  const written: string[] = [];
  for (const [name, value] of traitsIn(own, inContext)) {
    if (isNamedTrait(name, value) && putLatest(traits, name, writtenBy(event, { value }))) written.push(name);
  }
  return keepBounded(traits, written, maxTraitsPerFragment);
}

/** What an identify call says: its own traits, then those of its context that they do not name. */
export function* traitsIn(own: JsonObject | null, inContext: JsonObject | null): Generator<[string, JsonValue]> {
  if (own !== null) for (const name of Object.keys(own)) yield [name, own[name] as JsonValue];
  if (inContext === null) return;
  for (const name of Object.keys(inContext)) {
    if (own === null || !Object.hasOwn(own, name)) yield [name, inContext[name] as JsonValue];
  }
}

/** Whether a profile takes it: see {@link maxNameLength} and {@link maxTraitValueBytes}. */
export function isNamedTrait(name: string, value: JsonValue): boolean {
  return isName(name) && fits(value);
}

function foldConsents(
  consents: Record<string, ConsentValue>,
  event: AcceptedEvent,
  context: JsonObject | null,
): boolean {
  const preferences = preferencesIn(context);
  if (preferences === null) return false;
  const written: string[] = [];
  for (const category of Object.keys(preferences)) {
    const granted = preferences[category];
    if (typeof granted !== "boolean" || !isName(category)) continue;
    const status = granted ? ("granted" as const) : ("denied" as const);
    if (putLatest(consents, category, writtenBy(event, { status }))) written.push(category);
  }
  return keepBounded(consents, written, maxConsentsPerFragment);
}

function preferencesIn(context: JsonObject | null): JsonObject | null {
  return objectOf(objectOf(context?.["consent"])?.["categoryPreferences"]);
}

/** Whether any of the names just written is still there once the bound is applied: then the record has changed. */
function keepBounded(record: Record<string, unknown>, written: readonly string[], max: number): boolean {
  if (written.length === 0) return false;
  keepLeastKeys(record, max);
  return written.some((name) => Object.hasOwn(record, name));
}

interface Written {
  source: string;
  messageId: string;
  occurredAt: number;
}

function writtenBy<T extends object>(event: AcceptedEvent, value: T): T & Written {
  return { ...value, source: event.source, messageId: event.messageId, occurredAt: event.occurredAt };
}

function mergeLatest<T extends Written>(into: Record<string, T>, from: Readonly<Record<string, T>>): void {
  for (const name of Object.keys(from)) putLatest(into, name, from[name] as T);
}

/** Last writer wins by (occurredAt, messageId, source). */
function putLatest<T extends Written>(record: Record<string, T>, name: string, value: T): boolean {
  const held = ownValue(record, name);
  if (held !== undefined && !isLater(value, held)) return false;
  setOwn(record, name, value);
  return true;
}

/** The order of writers: (occurredAt, messageId, source). */
export function isLater(a: Written, b: Written): boolean {
  if (a.occurredAt !== b.occurredAt) return a.occurredAt > b.occurredAt;
  if (a.messageId !== b.messageId) return a.messageId > b.messageId;
  return a.source > b.source;
}

function isName(name: string): boolean {
  return name.length > 0 && name.length <= maxNameLength;
}

/** The longest JSON escape of one UTF-16 unit is `\u001f`. */
const maxBytesPerUnit = 6;

function fits(value: JsonValue): boolean {
  if (value === null || typeof value === "number" || typeof value === "boolean") return true;
  if (typeof value === "string" && value.length * maxBytesPerUnit + 2 <= maxTraitValueBytes) return true;
  return Buffer.byteLength(JSON.stringify(value)) <= maxTraitValueBytes;
}

function objectOf(value: JsonValue | undefined): JsonObject | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
}
