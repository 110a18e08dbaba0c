import { useState } from "react";
import {
  newStep,
  parsedDocument,
  type Step,
  type StepOp,
  stepsOf,
  type Transformation,
  transformationOf,
} from "./steps.ts";

/** A transformation while it is being written: as fields and as JSON, one of which is edited at a time. */
export interface Steps {
  view: "form" | "json";
  setView: (view: "form" | "json") => void;
  /** Null where the JSON says what the form cannot show. */
  steps: readonly Step[] | null;
  json: string;
  setJson: (json: string) => void;
  /** What holds; a document of null: as they were. */
  parsed: { document: Transformation | null } | { fault: string | null };
  /** The same for the same document. */
  key: string;
  add: (op: StepOp) => void;
  change: (index: number, changed: Partial<Step>) => void;
  remove: (index: number) => void;
}

/** `field`: of the cause; steps begin with it. */
export function useSteps(field: string | null): Steps {
  const [view, setView] = useState<"form" | "json">("form");
  const [json, setJson] = useState(() => textOf(null));
  const parsed = parsedOf(json);
  const document = "document" in parsed ? parsed.document : null;
  const [drafts, setDrafts] = useState<readonly Step[]>([]);
  const put = (next: readonly Step[]): void => {
    setDrafts(next);
    setJson(textOf(transformationOf(next)));
  };
  // What was written as JSON since is read again; else the drafts stay as they were typed.
  const isOwn = JSON.stringify(transformationOf(drafts)) === JSON.stringify(document);
  const steps = "fault" in parsed ? null : isOwn ? drafts : document === null ? [] : stepsOf(document);
  return {
    view,
    setView,
    steps,
    json,
    setJson,
    parsed,
    key: JSON.stringify(document),
    add: (op) => put([...(steps ?? []), newStep(op, field)]),
    change: (index, changed) => put((steps ?? []).map((step, at) => (at === index ? { ...step, ...changed } : step))),
    remove: (index) => put((steps ?? []).filter((_, at) => at !== index)),
  };
}

function parsedOf(json: string): Steps["parsed"] {
  const parsed = parsedDocument(json);
  if ("fault" in parsed) return parsed;
  return { document: parsed.document.operations.length === 0 ? null : parsed.document };
}

function textOf(document: Transformation | null): string {
  return JSON.stringify(document ?? { operations: [] }, null, 2);
}
