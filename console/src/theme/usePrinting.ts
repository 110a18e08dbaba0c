import { useEffect, useState } from "react";
import { flushSync } from "react-dom";

/** Whether the page is being printed: the picture is taken after everything has followed. */
export function usePrinting(): boolean {
  const [isPrinting, setPrinting] = useState(false);
  useEffect(() => {
    const media = matchMedia("print");
    const is = (value: boolean) => (): void => flushSync(() => setPrinting(value));
    const begin = is(true);
    const end = is(false);
    const change = (): void => (media.matches ? begin() : end());
    addEventListener("beforeprint", begin);
    addEventListener("afterprint", end);
    media.addEventListener("change", change);
    return () => {
      removeEventListener("beforeprint", begin);
      removeEventListener("afterprint", end);
      media.removeEventListener("change", change);
    };
  }, []);
  return isPrinting;
}
