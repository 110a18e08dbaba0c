import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const colour = (light: string, dark: string): { color: string } => ({ color: `light-dark(${light}, ${dark})` });

/** CodeMirror's own colours fail on dark: these pass AA on both. */
const highlight = HighlightStyle.define([
  { tag: tags.keyword, ...colour("#0b4a82", "#8ac3fa"), fontWeight: "600" },
  { tag: [tags.string, tags.special(tags.string)], ...colour("#25550e", "#8ce99a") },
  { tag: [tags.number, tags.bool, tags.null], ...colour("#8a3b12", "#ffc078") },
  { tag: [tags.comment, tags.lineComment, tags.blockComment], ...colour("#5a6169", "#a9adb2"), fontStyle: "italic" },
  { tag: [tags.typeName, tags.standard(tags.name)], ...colour("#6a1b9a", "#d0bfff") },
]);

const look = EditorView.theme({
  "&": {
    height: "100%",
    fontSize: "13px",
    backgroundColor: "var(--mantine-color-body)",
    color: "var(--mantine-color-text)",
  },
  // Drawn around the gutter too: query.css.
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mantine-font-family-monospace)", lineHeight: "20px" },
  ".cm-content": { caretColor: "var(--mantine-color-text)", paddingBlock: "8px" },
  ".cm-cursor": { borderInlineStartColor: "var(--mantine-color-text)" },
  ".cm-gutters": { backgroundColor: "var(--c360-raised)", color: "var(--mantine-color-dimmed)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "light-dark(#f1f6fb80, #2e343b80)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "light-dark(#c5e0f7, #20466a)",
  },
  ".cm-placeholder": { color: "var(--mantine-color-placeholder)" },
  ".cm-tooltip": {
    backgroundColor: "var(--mantine-color-body)",
    color: "var(--mantine-color-text)",
    border: "1px solid var(--c360-border)",
  },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": {
    backgroundColor: "light-dark(#d0ebff, #0b3558)",
    color: "light-dark(#0b4a82, #d0ebff)",
  },
  ".cm-completionDetail": { color: "var(--mantine-color-dimmed)", fontStyle: "normal" },
  ".cm-lintRange-error": {
    backgroundImage: "none",
    textDecoration: "underline wavy var(--c360-bad) 1.5px",
    textUnderlineOffset: "3px",
  },
});

export const editorTheme = [look, syntaxHighlighting(highlight)];
