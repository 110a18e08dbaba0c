import { useMemo, useState } from "react";
import { asProblem } from "../api/problem.ts";
import { type Change, changesBetween } from "../parts/documentChanges.ts";
import { type JsonDocument, withValue, writeDocument } from "../parts/jsonDocument.ts";
import { faultsOf, type TextFault } from "../parts/jsonFaults.ts";
import { keepDraft, useKeptDraft } from "../parts/keptDraft.ts";
import { words } from "../words/words.ts";
import type { PlanVersion } from "./planQueries.ts";

export interface PlanDraft {
  text: string;
  /** Counts what was written otherwise than by typing: then the editor begins anew. */
  round: number;
  /** Null while the text is no JSON object. */
  document: JsonDocument | null;
  faults: readonly TextFault[];
  basedOn: number;
  /** From the version that holds. */
  changes: readonly Change[];
  /** Whether it says anything else than what holds. */
  isChanged: boolean;
  /** Something is being written, and kept in this browser. */
  isKept: boolean;
  setText: (text: string) => void;
  setDocument: (document: JsonDocument) => void;
  setValue: (name: string, value: unknown) => void;
  rebase: () => void;
  discard: () => void;
}

export const draftPlace = (source: string): string => `c360.plan.draft.${source}`;

/** What is wrong with a text that was checked or published, as the platform said. */
export interface Refused {
  text: string;
  error: Error;
}

/** What is being written; what holds, as long as nothing is. */
export function usePlanDraft(current: PlanVersion, refused: Refused | null): PlanDraft {
  const place = draftPlace(current.source);
  const kept = useKeptDraft(place);
  const [round, setRound] = useState(0);
  const [begunWith, setBegunWith] = useState(current.version);
  if (kept === null && begunWith !== current.version) {
    // Nobody has written anything: another version that holds is what is shown, and what is written over knowingly.
    setBegunWith(current.version);
    setRound(round + 1);
  }
  const holding = useMemo(() => (current.document === null ? "" : writeDocument(current.document)), [current.document]);
  const { text, basedOn } = kept ?? { text: holding, basedOn: current.version };
  const reason = refused !== null && refused.text === text ? reasonOf(refused.error) : null;
  const { faults, object: document } = useMemo(() => faultsOf(text, reason, words.plans.notObject), [text, reason]);
  const changes = useMemo(
    () => (document === null || current.document === null ? [] : changesBetween(current.document, document)),
    [current.document, document],
  );
  // Of a first plan an emptied editor is a draft too.
  const isWhatHolds = (next: string): boolean => current.document !== null && next === holding;
  const set = (next: string): void => keepDraft(place, isWhatHolds(next) ? null : { basedOn, text: next });
  const setDocument = (next: JsonDocument): void => {
    set(writeDocument(next));
    setRound(round + 1);
  };
  return {
    text,
    round,
    document,
    faults: text === "" ? [] : faults,
    basedOn,
    changes,
    isChanged: document !== null && JSON.stringify(document) !== JSON.stringify(current.document),
    isKept: kept !== null,
    setText: set,
    setDocument,
    setValue: (name, value) => {
      if (document !== null) setDocument(withValue(document, [name], value));
    },
    rebase: () => keepDraft(place, { basedOn: current.version, text }),
    discard: () => {
      keepDraft(place, null);
      setRound(round + 1);
    },
  };
}

const reasons = new WeakMap<Error, { message: string; field?: string } | null>();

/** Of a mistake in the document, the same object each time: where, by a field that begins at the document. */
function reasonOf(error: Error): { message: string; field?: string } | null {
  const known = reasons.get(error);
  if (known !== undefined) return known;
  const { code, message, hint, field } = asProblem(error);
  const told = hint === null ? message : `${message} ${hint}`;
  const reason = code === "tracking_plan_invalid" ? { message: told, ...(field === null ? {} : { field }) } : null;
  reasons.set(error, reason);
  return reason;
}

export function takeAsDraft(source: string, document: JsonDocument, basedOn: number): void {
  keepDraft(draftPlace(source), { basedOn, text: writeDocument(document) });
}
