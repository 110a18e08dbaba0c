import { useEffect, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { railPages } from "./pages.ts";
import { openPalette } from "./Palette.tsx";

const storageKey = "c360.shortcuts";

/** Whether single letters do something, now. */
export function areShortcutsOn(): boolean {
  return localStorage.getItem(storageKey) !== "off";
}

export interface Shortcuts {
  /** Single letters (WCAG 2.1.4); ⌘K works always. */
  isOn: boolean;
  setOn: (isOn: boolean) => void;
}

/** `G` waits as long for its second letter. */
const sequenceMs = 1_200;

/** Whether a key belongs to what has the focus: text, an editor, an open dialog or menu. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false;
  return (
    target.closest(
      "input, textarea, select, [contenteditable]:not([contenteditable=false]), [role=dialog], [role=menu]",
    ) !== null
  );
}

/** G then a page's letter, `/` for the page's own search (an element with `data-page-search`) or the palette, `?`. */
export function useShortcuts({ onHelp }: { onHelp: () => void }): Shortcuts {
  const navigate = useNavigate();
  const [isOn, setOn] = useState(areShortcutsOn);
  const pressedG = useRef(Number.NEGATIVE_INFINITY);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (!isOn || event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target))
        return;
      const key = event.key.toLowerCase();
      const page =
        event.timeStamp - pressedG.current < sequenceMs ? railPages.find((each) => each.key === key) : undefined;
      pressedG.current = key === "g" ? event.timeStamp : Number.NEGATIVE_INFINITY;
      if (page !== undefined) void navigate(page.path);
      else if (key === "/") focusSearch();
      else if (key === "?") onHelp();
      else return;
      event.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [isOn, navigate, onHelp]);
  return {
    isOn,
    setOn: (next) => {
      localStorage.setItem(storageKey, next ? "on" : "off");
      setOn(next);
    },
  };
}

function focusSearch(): void {
  const field = document.querySelector<HTMLElement>("[data-page-search]");
  if (field === null) openPalette();
  else field.focus();
}
