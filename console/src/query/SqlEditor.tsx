import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  closeCompletion,
  completionKeymap,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { sql, type SQLNamespace } from "@codemirror/lang-sql";
import { bracketMatching } from "@codemirror/language";
import { setDiagnostics } from "@codemirror/lint";
import { Compartment, EditorState, Prec } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers, placeholder } from "@codemirror/view";
import { useEffect, useRef } from "react";
import { words } from "../words/words.ts";
import { editorTheme } from "./editorTheme.ts";
import type { Place } from "./errorPlace.ts";
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
  error: { place: Place; message: string } | null;
  /** Inserted at the cursor once for each new object. */
  insertion: { text: string } | null;
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

export function SqlEditor({ initialSql, views, onChange, onRun, onLeave, error, insertion }: SqlEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const language = useRef(new Compartment());
  const latest = useRef({ onChange, onRun, onLeave, initialSql });
  useEffect(() => {
    latest.current = { ...latest.current, onChange, onRun, onLeave };
  });
  useEffect(() => {
    if (host.current === null) return undefined;
    const made = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: latest.current.initialSql,
        extensions: [...base, language.current.of([]), Prec.highest(keymap.of(keys(latest))), changes(latest)],
      }),
    });
    view.current = made;
    return () => made.destroy();
  }, []);
  useEffect(() => {
    const support = sql({
      dialect: queryDialect,
      upperCaseKeywords: true,
      schema: completions(views),
      defaultTable: "events",
    });
    view.current?.dispatch({ effects: language.current.reconfigure(support) });
  }, [views]);
  useEffect(() => {
    if (view.current === null) return;
    const { state } = view.current;
    const at =
      error === null || error.place.to > state.doc.length
        ? []
        : [{ ...error.place, severity: "error" as const, message: error.message }];
    view.current.dispatch(setDiagnostics(state, at));
  }, [error]);
  useEffect(() => {
    if (insertion === null || view.current === null) return;
    view.current.dispatch(view.current.state.replaceSelection(insertion.text));
    view.current.focus();
  }, [insertion]);
  return <div ref={host} className="editorHost" data-testid="editor" />;
}

const base = [
  lineNumbers(),
  history(),
  drawSelection(),
  bracketMatching(),
  closeBrackets(),
  autocompletion({ icons: false }),
  highlightActiveLine(),
  EditorView.lineWrapping,
  placeholder(words.query.placeholder),
  EditorView.contentAttributes.of({ "aria-label": words.query.editorLabel, spellcheck: "false" }),
  // Tab is not taken: it leads on to the buttons.
  keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, ...completionKeymap]),
  editorTheme,
];

type Latest = { current: Pick<SqlEditorProps, "onChange" | "onRun" | "onLeave"> };

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

function changes(latest: Latest) {
  return EditorView.updateListener.of((update) => {
    if (update.docChanged) latest.current.onChange(update.state.doc.toString());
  });
}
