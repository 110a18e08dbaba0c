import { useEffect, useRef } from "react";

/**
 * Gives the focus back to what had it before, when what is shown is gone and nothing else has taken it: a dialog that is
 * closed by leaving it out does not come to do so itself.
 *
 * @param shown What is shown, for what stays while that comes, changes and goes; null: nothing is. Left out, it is what
 *   calls this, as long as it is there.
 */
export function useFocusGivenBack(shown: string | null = ""): void {
  const opener = useRef<HTMLElement | null>(null);
  useEffect(() => {
    if (shown === null) {
      opener.current = null;
      return undefined;
    }
    const { activeElement } = document;
    // Where one thing is shown after another, what opened the first may be the last to have had the focus.
    if (activeElement instanceof HTMLElement && activeElement !== document.body) opener.current = activeElement;
    return () => {
      const before = opener.current;
      // Once it is out of the page, and with it what had the focus.
      setTimeout(() => {
        if (document.activeElement !== document.body || before?.isConnected !== true) return;
        before.focus({ preventScroll: true });
      });
    };
  }, [shown]);
}
