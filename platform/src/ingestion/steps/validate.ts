import type { StoredRecord } from "../../buffer/eventBuffer.ts";
import { Problem } from "../../model/problem.ts";
import { decodeHead } from "../../model/logRecord.ts";
import type {
  AcceptedEvent,
  CorrectionRecord,
  LinkRecord,
  RejectedCall,
  RetentionRecord,
  RulesRecord,
} from "../../model/event.ts";
import type { FragmentId } from "../../model/fragment.ts";
import { mayHoldConsents } from "../../profiles/index.ts";
import type { Position } from "../../model/position.ts";
import { causeOf } from "../../model/rejectionCause.ts";
import type { RejectedRow } from "../../storage/identityAndProfiles.ts";

/** An accepted event on its way. */
export interface Incoming {
  position: Position;
  messageKey: string;
  fragmentId: FragmentId;
  event: AcceptedEvent;
  /** Otherwise its body is not looked into for consents. */
  mayHoldConsents: boolean;
}

/** What a person or a linkage says, on its way. */
export interface IncomingCorrection {
  position: Position;
  messageKey: string;
  event: CorrectionRecord | LinkRecord;
}

/** A version of the identity rules on its way. */
export interface IncomingRules {
  position: Position;
  messageKey: string;
  event: RulesRecord;
}

/** What says that records are kept no longer, on its way. */
export interface IncomingRetention {
  position: Position;
  messageKey: string;
  event: RetentionRecord;
}

export interface Validated {
  events: Incoming[];
  corrections: IncomingCorrection[];
  rules: IncomingRules[];
  retention: IncomingRetention[];
  rejected: Refused[];
}

/** Whether it was taken already is not known yet. */
export type Refused = Omit<RejectedRow, "isTaken">;

/**
 * Reads the records. What the gateway refused has its reason already; a payload that nobody can read is refused here,
 * so that one bad record never stops the log. Throws Problem `record_newer` for one that a newer program wrote: to refuse
 * it would lose what it says.
 */
export function validate(records: readonly StoredRecord[]): Validated {
  const events: Incoming[] = [];
  const corrections: IncomingCorrection[] = [];
  const rules: IncomingRules[] = [];
  const retention: IncomingRetention[] = [];
  const rejected: Validated["rejected"] = [];
  for (const { position, payload, message, fragment } of records) {
    const record = read(payload);
    if (record.status === "accepted") {
      const mayHold = mayHoldConsents(payload);
      events.push({ position, messageKey: message, fragmentId: fragment, event: record, mayHoldConsents: mayHold });
    } else if (record.status === "correction" || record.status === "link") {
      corrections.push({ position, messageKey: message, event: record });
    } else if (record.status === "rules") {
      rules.push({ position, messageKey: message, event: record });
    } else if (record.status === "retention") {
      retention.push({ position, messageKey: message, event: record });
    } else {
      const { source, messageId, reason, receivedAt, body } = record;
      const cause = causeOf(source, reason, body);
      rejected.push({ position, messageKey: message, source, messageId, reason, cause, receivedAt });
    }
  }
  return { events, corrections, rules, retention, rejected };
}

type RefusedRecord = Pick<RejectedCall, "status" | "source" | "messageId" | "reason" | "body"> & {
  receivedAt: number | null;
};

type ReadRecord = AcceptedEvent | CorrectionRecord | LinkRecord | RulesRecord | RetentionRecord | RefusedRecord;

function read(payload: Uint8Array): ReadRecord {
  try {
    return decodeHead(payload);
  } catch (error) {
    if (error instanceof Problem && error.code === "record_newer") throw error;
    const message = error instanceof Problem ? error.message : "the stored record cannot be read";
    return {
      status: "rejected",
      source: "",
      messageId: "",
      receivedAt: null,
      reason: { code: "record_unreadable", message },
      body: "",
    };
  }
}
