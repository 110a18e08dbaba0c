import { autocompletion, closeCompletion } from "@codemirror/autocomplete";
import { sql, type SQLNamespace } from "@codemirror/lang-sql";
import { Compartment, Prec } from "@codemirror/state";
import { type EditorView, keymap, placeholder } from "@codemirror/view";
import { useEffect, useMemo, useRef, useState } from "react";
import type { TextFault } from "../parts/jsonFaults.ts";
import { useCodeEditor } from "../parts/useCodeEditor.ts";
import { words } from "../words/words.ts";
import { queryDialect } from "./queryDialect.ts";
import type { View } from "./queryRun.ts";

export interface SqlEditorProps {
  /** What it begins with; later changes come from `insertion` and from typing only. */
  initialSql: string;
  views: readonly View[];
  onChange: (sql: string) => void;
  onRun: () => void;
  /** Escape, when it closes nothing in the editor: Tab goes on from here. */
  onLeave: () => void;
  error: TextFault | null;
  /** Inserted at the cursor once for each new object. */
  insertion: { text: string } | null;
  /** Brings the cursor here once for each new object. */
  focusing: object | null;
}

/** Views and their columns, with each column's type beside it. */
function completions(views: readonly View[]): SQLNamespace {
  return Object.fromEntries(
    views.map(({ name, columns }) => [
      name,
      columns.map((column) => ({ label: column.name, detail: column.type, type: "property" })),
    ]),
  );
}

export function SqlEditor({ initialSql, views, onChange, onRun, onLeave, error, insertion, focusing }: SqlEditorProps) {
  const language = useRef(new Compartment());
  const latest = useRef({ onRun, onLeave });
  useEffect(() => {
    latest.current = { onRun, onLeave };
  });
  const [extensions] = useState(() => [...own, language.current.of([]), Prec.highest(keymap.of(keys(latest)))]);
  const faults = useMemo(() => (error === null ? [] : [error]), [error]);
  const label = words.query.editorLabel;
  const { host, view } = useCodeEditor({ initialText: initialSql, label, onChange, faults, extensions });
  useEffect(() => {
    const support = sql({
      dialect: queryDialect,
      upperCaseKeywords: true,
      schema: completions(views),
      defaultTable: "events",
    });
    view.current?.dispatch({ effects: language.current.reconfigure(support) });
  }, [views, view]);
  useEffect(() => {
    if (insertion === null || view.current === null) return;
    view.current.dispatch(view.current.state.replaceSelection(insertion.text));
    view.current.focus();
  }, [insertion, view]);
  useEffect(() => {
    if (focusing !== null) view.current?.focus();
  }, [focusing, view]);
  return <div ref={host} className="editorHost" data-testid="editor" />;
}

const own = [autocompletion({ icons: false }), placeholder(words.query.placeholder)];

type Latest = { current: Pick<SqlEditorProps, "onRun" | "onLeave"> };

function keys(latest: Latest) {
  const run = (view: EditorView): boolean => {
    closeCompletion(view);
    latest.current.onRun();
    return true;
  };
  const leave = (view: EditorView): boolean => {
    if (view.dom.querySelector(".cm-tooltip-autocomplete") !== null) return false;
    latest.current.onLeave();
    return true;
  };
  return [
    { key: "Mod-Enter", run },
    // Everything is saved already: the browser's own dialog would only be in the way.
    { key: "Mod-s", run: () => true, preventDefault: true },
    { key: "Escape", run: leave },
  ];
}
