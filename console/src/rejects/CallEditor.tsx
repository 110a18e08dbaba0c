import { closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching } from "@codemirror/language";
import { setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { useEffect, useRef } from "react";
import { editorTheme } from "../query/editorTheme.ts";
import { words } from "../words/words.ts";
import type { CallFault } from "./callFaults.ts";

interface CallEditorProps {
  /** What it begins with; later changes come from typing only. */
  initialText: string;
  onChange: (text: string) => void;
  faults: readonly CallFault[];
}

/** A call as JSON, with what is wrong in it underlined. */
export function CallEditor({ initialText, onChange, faults }: CallEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const latest = useRef({ onChange, initialText });
  useEffect(() => {
    latest.current = { ...latest.current, onChange };
  });
  useEffect(() => {
    if (host.current === null) return undefined;
    const changes = EditorView.updateListener.of((update) => {
      if (update.docChanged) latest.current.onChange(update.state.doc.toString());
    });
    const made = new EditorView({
      parent: host.current,
      state: EditorState.create({ doc: latest.current.initialText, extensions: [...base, changes] }),
    });
    view.current = made;
    return () => made.destroy();
  }, []);
  useEffect(() => {
    if (view.current === null) return;
    const { state } = view.current;
    const told = faults
      .filter(({ place }) => place.to <= state.doc.length)
      .map(({ place, message }) => ({ from: place.from, to: place.to, severity: "error" as const, message }));
    view.current.dispatch(setDiagnostics(state, told));
  }, [faults]);
  return <div ref={host} className="editorHost" data-testid="call-editor" />;
}

const base = [
  lineNumbers(),
  history(),
  drawSelection(),
  bracketMatching(),
  closeBrackets(),
  highlightActiveLine(),
  EditorView.lineWrapping,
  EditorView.contentAttributes.of({ "aria-label": words.rejects.editor, spellcheck: "false" }),
  // Tab is not taken: it leads on to the buttons.
  keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap]),
  editorTheme,
];
