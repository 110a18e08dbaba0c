import { useEffect, useLayoutEffect, useRef } from "react";
import { areShortcutsOn, isTyping } from "./useShortcuts.ts";

/**
 * A page's own keys, by `KeyboardEvent.key`, letters small. Off while something is typed, a dialog or a menu is open,
 * or single-key shortcuts are off. A handler that answers false has not taken the key.
 */
export function useKeys(keys: Readonly<Record<string, () => boolean | void>>): void {
  const latest = useRef(keys);
  // Before the next key can come: two keys in a row are two steps.
  useLayoutEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey) return;
      if (!areShortcutsOn() || isTyping(event.target)) return;
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      const handler = Object.hasOwn(latest.current, key) ? latest.current[key] : undefined;
      if (handler === undefined || handler() === false) return;
      event.preventDefault();
    };
    // On the window: what the shell hears on the document, such as G and then a letter, it takes first.
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}
