import { useEffect } from "react";

/**
 * Gives the focus back to what had it before, when what calls this is gone and nothing else has taken it: a dialog that
 * is closed by leaving it out does not come to do so itself.
 */
export function useFocusGivenBack(): void {
  useEffect(() => {
    const before = document.activeElement;
    return () => {
      // Once the dialog is out of the page, and with it what had the focus.
      setTimeout(() => {
        if (document.activeElement !== document.body || !(before instanceof HTMLElement)) return;
        if (before.isConnected) before.focus({ preventScroll: true });
      });
    };
  }, []);
}
