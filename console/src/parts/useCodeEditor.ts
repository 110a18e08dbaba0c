import { closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching } from "@codemirror/language";
import { setDiagnostics } from "@codemirror/lint";
import { EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { useEffect, useRef } from "react";
import { editorTheme } from "./editorTheme.ts";
import type { TextFault } from "./jsonFaults.ts";
import "./editor.css";

interface CodeEditorWanted {
  /** What it begins with; later changes come from typing, or from `view`. */
  initialText: string;
  /** Read to who does not see it. */
  label: string;
  onChange: (text: string) => void;
  /** Underlined where they stand. */
  faults: readonly TextFault[];
  /** What this one has besides, before what every editor has; taken once. */
  extensions?: Extension;
}

/** An editor of the console in `host`, and its view while it is there. */
export function useCodeEditor({ initialText, label, onChange, faults, extensions = [] }: CodeEditorWanted) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const latest = useRef({ onChange, initialText, label, extensions });
  useEffect(() => {
    latest.current = { ...latest.current, onChange };
  });
  useEffect(() => {
    if (host.current === null) return undefined;
    const { initialText: doc, label: name, extensions: more } = latest.current;
    const changes = EditorView.updateListener.of((update) => {
      if (update.docChanged) latest.current.onChange(update.state.doc.toString());
    });
    const attributes = EditorView.contentAttributes.of({ "aria-label": name, spellcheck: "false", tabindex: "0" });
    const made = new EditorView({
      parent: host.current,
      state: EditorState.create({ doc, extensions: [more, base, attributes, changes] }),
    });
    view.current = made;
    return () => {
      view.current = null;
      made.destroy();
    };
  }, []);
  useEffect(() => {
    if (view.current === null) return;
    const { state } = view.current;
    const told = faults
      .filter(({ place }) => place.to <= state.doc.length)
      .map(({ place, message }) => ({ from: place.from, to: place.to, severity: "error" as const, message }));
    view.current.dispatch(setDiagnostics(state, told));
  }, [faults]);
  return { host, view };
}

const base: Extension = [
  lineNumbers(),
  history(),
  drawSelection(),
  bracketMatching(),
  closeBrackets(),
  highlightActiveLine(),
  EditorView.lineWrapping,
  // Tab is not taken: it leads on to the buttons.
  keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap]),
  editorTheme,
];
