import { useEffect, useState, useSyncExternalStore } from "react";
import { openStream } from "../api/stream.ts";
import { type LiveFilters, streamAddress } from "./filters.ts";
import { type LiveStore, liveStore, type LiveView } from "./liveStore.ts";

export interface Live {
  view: LiveView;
  store: LiveStore;
  /** After the platform refused the stream. */
  retry: () => void;
}

/** The stream by these filters, for as long as the page is there. */
export function useLive(filters: LiveFilters): Live {
  const [store] = useState(() => liveStore((work) => void requestAnimationFrame(work)));
  const [attempt, setAttempt] = useState(0);
  const address = streamAddress(filters);
  useEffect(() => {
    store.filter(filters);
    const stream = openStream({ address, onMessages: store.take, onState: store.connection });
    return () => stream.close();
    // The address says all that the filters say.
  }, [store, address, attempt]);
  return {
    view: useSyncExternalStore(store.subscribe, store.view),
    store,
    retry: () => setAttempt((before) => before + 1),
  };
}
