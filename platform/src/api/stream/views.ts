import { personOfFragment, type IdentityRules } from "../../identity/index.ts";
import { callTime } from "../../model/callTime.ts";
import { parseIdentifierKey, type Identifier, type IdentifierKey } from "../../model/identifier.ts";
import { isoTime } from "../../model/isoTime.ts";
import type { Join } from "../../model/join.ts";
import { refusedCall } from "./filter.ts";
import type { StreamJoin, StreamRecord, Taken } from "./streamTypes.ts";

/** A record in the stream's words, under its surest identifier by `rules`; what a decision adds comes with `known`. */
export function recordView(
  { record, identifiers }: Taken,
  known: Pick<StreamRecord, "status"> & Partial<StreamRecord>,
  rules: IdentityRules,
): StreamRecord {
  const identifier = highestRanked(identifiers, rules);
  const { messageId, source, sourceKind, receivedAt } = record;
  const common = { messageId, source, sourceKind, identifier, profileId: null, receivedAt: isoTime(receivedAt) };
  if (record.status === "accepted") {
    const { type, event, occurredAt } = record;
    return { ...common, type, event, occurredAt: isoTime(occurredAt), ...known };
  }
  const { type, event, name, timestamp, sentAt } = refusedCall(record);
  const { code, message: reason } = record.reason;
  return {
    ...common,
    type: typeof type === "string" ? type.slice(0, maxShownChars) : null,
    event: shownText(event) ?? shownText(name),
    occurredAt: isoTime(callTime({ timestamp, sentAt, receivedAt }).occurredAt),
    reason,
    code,
    ...known,
  };
}

export function joinView(join: Join, displayName: string | null): StreamJoin {
  const { position: _, identifiers, occurredAt, ...rest } = join;
  return { ...rest, identifiers: identifiers.map(parseIdentifierKey), occurredAt: isoTime(occurredAt), displayName };
}

/** Of what a refused call says; accepted ones are bounded by the gateway. */
const maxShownChars = 200;

function shownText(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value.slice(0, maxShownChars).toWellFormed() : null;
}

function highestRanked(identifiers: readonly IdentifierKey[], rules: IdentityRules): Identifier | null {
  const key = personOfFragment(identifiers, () => "ordinary", rules);
  return key === null ? null : parseIdentifierKey(key);
}
