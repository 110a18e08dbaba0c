import type { JsonObject, JsonValue } from "../model/event.ts";
import { linesPath } from "./mappingChecks.ts";
import type { Mapping } from "./mappingSchema.ts";
import { importedMessageId } from "./messageIds.ts";
import type { RowGroup } from "./rowGroup.ts";
import { type EventField, eventFields, setAt } from "./rowMapper.ts";

/** A Segment-shaped call and where it comes from. */
export interface ImportedCall {
  readonly call: JsonObject;
  /** Line of its first row. */
  readonly line: number;
  /** Rows that it is made of. */
  readonly rowCount: number;
  /** Of the call as JSON, UTF-8; at most a few too many. */
  readonly bytes: number;
}

export type BuildCalls = (group: RowGroup) => ImportedCall[];

/** Bytes of a messageId with its name, and of the lines' path. */
const envelopeBytes = 128;

/**
 * Makes calls of a group without faults: one call of all its rows where the mapping groups, one for each row
 * otherwise (the rows are equal then).
 */
export function compileCalls(mapping: Mapping): BuildCalls {
  const targets = mapping.events.map((rule) => eventFields(rule, mapping).map(({ target }) => target));
  const path = mapping.group === undefined ? null : linesPath(mapping.group).split(".");
  const timeOf = mapping.group?.time ?? "earliest";
  return (group) => {
    const type = mapping.events[group.rule]?.type ?? "track";
    const time = group.times?.[timeOf] ?? 0;
    const call = callOf(type, time, targets[group.rule] ?? [], joinHeads(group.heads));
    const text = JSON.stringify(call);
    const bytes = Buffer.byteLength(text) + envelopeBytes;
    if (path === null) {
      return Array.from({ length: group.rowCount }, (_, ordinal) => ({
        call: { messageId: importedMessageId("", text, [], ordinal), ...call },
        line: group.lines[ordinal] ?? group.lines[0] ?? 0,
        rowCount: 1,
        bytes,
      }));
    }
    const messageId = importedMessageId(keyParts(group.key), text, group.bodies, 0);
    const lines = `[${group.bodies.join(",")}]`;
    // Row bodies are JSON that the mapper wrote.
    setAt(propertiesOf(call), path, JSON.parse(lines) as JsonValue[]);
    return [
      {
        call: { messageId, ...call },
        line: group.lines[0] ?? 0,
        rowCount: group.rowCount,
        bytes: bytes + Buffer.byteLength(lines),
      },
    ];
  };
}

/** The key without the number of its rule, which changes when the mapping gets another rule. */
function keyParts(key: string): string {
  return key.slice(key.indexOf(","));
}

/** Of each field, the first value that a row of the group has. */
function joinHeads(heads: readonly string[]): JsonValue[] {
  const [first, ...others] = heads.map((head): JsonValue[] => JSON.parse(head));
  if (first === undefined) return [];
  return first.map((value, index) => others.reduce((found, head) => found ?? head[index] ?? null, value));
}

type CallKind = NonNullable<Mapping["events"][number]["type"]>;

function callOf(
  type: CallKind,
  time: number,
  targets: readonly EventField[],
  values: readonly JsonValue[],
): JsonObject {
  const call: JsonObject = { type, timestamp: new Date(time).toISOString() };
  const externalIds: JsonObject[] = [];
  const fields: JsonObject = {};
  targets.forEach((target, index) => {
    const value = values[index] ?? null;
    if (value === null) return;
    if (target.kind === "event") call[type === "track" ? "event" : "name"] = value;
    else if (target.kind === "field") setAt(fields, target.path, value);
    else if (target.type === "user_id") call["userId"] = value;
    else if (target.type === "anonymous_id") call["anonymousId"] = value;
    else externalIds.push({ id: value, type: target.type });
  });
  if (externalIds.length > 0) call["context"] = { externalIds };
  call[type === "identify" ? "traits" : "properties"] = fields;
  return call;
}

function propertiesOf(call: JsonObject): JsonObject {
  const { properties } = call;
  if (typeof properties === "object" && properties !== null && !Array.isArray(properties)) return properties;
  throw new TypeError("a grouped call has properties");
}
