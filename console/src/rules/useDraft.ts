import { useMemo } from "react";
import { type Change, changesBetween } from "../parts/documentChanges.ts";
import { withValue, writeDocument } from "../parts/jsonDocument.ts";
import { type Draft, keepDraft, useKeptDraft } from "../parts/keptDraft.ts";
import { type Parsed, parseDocument, type RulesDocument } from "./document.ts";
import type { RulesVersion } from "./rulesQueries.ts";

export const draftPlace = "c360.rules.draft";

export interface RulesDraft {
  text: string;
  parsed: Parsed;
  basedOn: number;
  /** From the version that holds; empty while the JSON cannot be read. */
  changes: Change[];
  setText: (text: string) => void;
  setValue: (path: readonly string[], value: unknown) => void;
  /** The same document, as a draft of the version that holds. */
  rebase: () => void;
  discard: () => void;
}

/** What is being written; what holds, as long as nothing is. */
export function useDraft(current: RulesVersion): RulesDraft {
  const kept = useKeptDraft(draftPlace);
  const holding = useMemo(() => writeDocument(current.document), [current]);
  const { text, basedOn }: Draft = kept ?? { text: holding, basedOn: current.number };
  const parsed = useMemo(() => parseDocument(text), [text]);
  const changes = useMemo(
    () => (parsed.document === null ? [] : changesBetween(current.document, parsed.document)),
    [current, parsed],
  );
  const set = (next: string): void => keepDraft(draftPlace, next === holding ? null : { basedOn, text: next });
  return {
    text,
    parsed,
    basedOn,
    changes,
    setText: set,
    setValue: (path, value) => {
      if (parsed.document !== null) set(writeDocument(withValue(parsed.document, path, value)));
    },
    rebase: () => keepDraft(draftPlace, { basedOn: current.number, text }),
    discard: () => keepDraft(draftPlace, null),
  };
}

export function takeAsDraft(document: RulesDocument, basedOn: number): void {
  keepDraft(draftPlace, { basedOn, text: writeDocument(document) });
}
