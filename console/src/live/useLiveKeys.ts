import { useEffect } from "react";
import { areShortcutsOn, isTyping } from "../shell/useShortcuts.ts";

/** Rows are links with this attribute, so that Enter opens them by itself. */
export const rowLink = "data-row-link";

/**
 * Space pauses; Esc closes what is open, or leaves the list. J and K are the list's own, which alone knows the rows
 * that are not in the page. A button that has the focus keeps its Space.
 */
export function useLiveKeys({ onPause, onClose }: { onPause: () => void; onClose: (() => void) | null }): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const { target, key } = event;
      if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || isTyping(target)) return;
      if (key === "Escape") {
        if (onClose !== null) onClose();
        else if (target instanceof HTMLElement && target.hasAttribute(rowLink)) target.blur();
        return;
      }
      if (key !== " " || !(target instanceof Element) || target.closest("button, summary") !== null) return;
      event.preventDefault();
      onPause();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [onPause, onClose]);
}

/** J and K, wherever the focus is on the page but in text or a dialog. `1` is down. */
export function useMoveKeys(onMove: (by: 1 | -1) => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const key = event.key.toLowerCase();
      if (key !== "j" && key !== "k") return;
      if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target)) return;
      if (!areShortcutsOn()) return;
      event.preventDefault();
      onMove(key === "j" ? 1 : -1);
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [onMove]);
}
