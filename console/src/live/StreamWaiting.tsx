import { Button, Loader } from "@mantine/core";
import { Link } from "react-router";
import { Time } from "../parts/Time.tsx";
import { words } from "../words/words.ts";
import { hasFilters, type LiveFilters } from "./filters.ts";
import type { LiveView } from "./liveStore.ts";
import { useLastEvent } from "./useLastEvent.ts";

const text = words.live;

/** Nothing yet: how long nothing has come, and what to do about it. */
export function StreamWaiting({
  view,
  filters,
  isConnected,
  onClearFilters,
}: {
  view: LiveView;
  filters: LiveFilters;
  isConnected: boolean;
  onClearFilters: () => void;
}) {
  const lastEventAt = useLastEvent(view.rates);
  const isFiltered = hasFilters(filters);
  return (
    <div className="stateBox">
      <p className="stateTitle">
        {isConnected && <Loader size={16} aria-hidden />}
        {!isConnected ? text.connection.reconnecting : isFiltered ? text.filteredTitle : text.waitingTitle}
      </p>
      <p>
        {lastEventAt === null ? (
          text.waitingNever
        ) : (
          <>
            {text.waitingLast} <Time at={lastEventAt} />
          </>
        )}
      </p>
      {isFiltered ? (
        <Button variant="default" h="var(--c360-target)" onClick={onClearFilters}>
          {text.filters.clear}
        </Button>
      ) : (
        isConnected && (
          <Button component={Link} to="/sources" variant="default" h="var(--c360-target)">
            {text.waitingAction}
          </Button>
        )
      )}
    </div>
  );
}
