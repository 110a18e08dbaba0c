import type { Decision } from "../../../storage/identityAndProfiles.ts";
import { refused } from "./itemCodec.ts";

/**
 * What no state can hold: numbers that are none, or no whole ones where they count something. A table of items would
 * take them, and nothing that reads them could be right. Problem 422 `decision_refused`.
 */
export function checkDecision(decision: Decision): void {
  const { identifiers, persons, movedFragments, fragments, edges, corrections } = decision;
  whole([decision.position, decision.processedAt, decision.processed]);
  for (const { person, firstAt } of identifiers) whole([person, firstAt]);
  for (const { person, component } of persons) whole([person, component]);
  for (const { person } of movedFragments) whole([person]);
  for (const { row } of fragments) {
    whole([row.person, row.state.logouts ?? 0]);
    for (const { count, firstAt, lastAt } of Object.values(row.state.spans)) whole([count, firstAt, lastAt]);
  }
  for (const { firstAt, lastAt, count } of edges) whole([firstAt, lastAt, count]);
  for (const { position, receivedAt } of corrections) whole([position, receivedAt]);
}

function whole(numbers: readonly number[]): void {
  if (!numbers.every(Number.isSafeInteger)) throw refused("a number that must be whole is not");
}
