import { useMemo } from "react";
import { type Change, changesBetween } from "./changes.ts";
import { type Parsed, parseDocument, type RulesDocument, withValue, writeDocument } from "./document.ts";
import { type Draft, keepDraft, useKeptDraft } from "./draft.ts";
import type { RulesVersion } from "./rulesQueries.ts";

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
  const kept = useKeptDraft();
  const holding = useMemo(() => writeDocument(current.document), [current]);
  const { text, basedOn }: Draft = kept ?? { text: holding, basedOn: current.number };
  const parsed = useMemo(() => parseDocument(text), [text]);
  const changes = useMemo(
    () => (parsed.document === null ? [] : changesBetween(current.document, parsed.document)),
    [current, parsed],
  );
  const set = (next: string): void => keepDraft(next === holding ? null : { basedOn, text: next });
  return {
    text,
    parsed,
    basedOn,
    changes,
    setText: set,
    setValue: (path, value) => {
      if (parsed.document !== null) set(writeDocument(withValue(parsed.document, path, value)));
    },
    rebase: () => keepDraft({ basedOn: current.number, text }),
    discard: () => keepDraft(null),
  };
}

export function takeAsDraft(document: RulesDocument, basedOn: number): void {
  keepDraft({ basedOn, text: writeDocument(document) });
}
