import {
  correctionEdges,
  decide,
  decideByAliases,
  edgesOfFragments,
  probableEdges,
  resolve,
  type IdentityRules,
} from "../identity/index.ts";
import { statementOf } from "../model/correction.ts";
import type { Edge, Resolution } from "../model/evidence.ts";
import type { AcceptedEvent, LogRecord } from "../model/event.ts";
import { parseIdentifierKey } from "../model/identifier.ts";

/** Everything at once, from the records alone, each counting once. */
export function wholeResolution(records: readonly LogRecord[], rules: IdentityRules): Resolution {
  const list = records.filter((record) => record.status === "accepted");
  const fragments = list.map(({ identifiers, source, occurredAt, messageId }) => ({
    identifiers,
    spans: { [source]: { count: 1, firstAt: occurredAt, firstMessageId: messageId, lastAt: occurredAt } },
  }));
  const aliases = list.flatMap(aliasEdges);
  const seen = new Set(list.flatMap((each) => each.identifiers));
  const identifiers = [...seen].map((each) => ({
    key: each,
    decision: decisionOf(list, aliases, each, rules),
    seen: true,
  }));
  const statements = records.flatMap((record) =>
    record.status === "correction" || record.status === "link" ? [statementOf(record)] : [],
  );
  const said = [...correctionEdges(statements), ...probableEdges(statements)];
  return resolve({ identifiers, edges: [...edgesOfFragments(fragments), ...aliases, ...said] }, rules);
}

function decisionOf(list: readonly AcceptedEvent[], aliases: readonly Edge[], of: string, rules: IdentityRules) {
  const identifier = parseIdentifierKey(of);
  const company = list.filter((each) => each.identifiers.includes(of)).flatMap((each) => [...each.identifiers]);
  const named = new Set(
    aliases.filter(({ a, b }) => a === of || b === of).map(({ a, b, source }) => [a, b, source].join()),
  );
  const decision = decide(identifier, company, rules);
  return decision === "ordinary" ? decideByAliases(identifier.type, named.size, rules) : decision;
}

/** Sets of keys, in a form to compare. */
export function lines(sets: readonly (readonly string[])[]): string[] {
  return sets.map((keys) => [...keys].sort().join(" ")).sort();
}

function aliasEdges(each: AcceptedEvent): Edge[] {
  const own = each.identifiers.find((candidate) => candidate.startsWith("user_id:")) ?? each.identifiers[0];
  if (own === undefined) return [];
  const { source, occurredAt, messageId } = each;
  return each.aliasOf
    .filter((previous) => previous !== own)
    .map((b) => ({
      a: own,
      b,
      rule: "alias" as const,
      source,
      firstAt: occurredAt,
      firstMessageId: messageId,
      lastAt: occurredAt,
      count: 1,
      confidence: 1,
    }));
}
