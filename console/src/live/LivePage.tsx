import { useCallback, useEffect, useMemo, useState } from "react";
import { useSearchParams } from "react-router";
import { refusalOf } from "../api/problem.ts";
import { PageHead } from "../parts/PageHead.tsx";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { useFocusGivenBack } from "../parts/useFocusGivenBack.ts";
import { useIsPhone } from "../theme/useIsPhone.ts";
import { words } from "../words/words.ts";
import { EventDetails } from "./EventDetails.tsx";
import { FilterBar } from "./FilterBar.tsx";
import { filtersOf, withFilters } from "./filters.ts";
import { LiveFacts } from "./LiveFacts.tsx";
import { openedOf, withOpened } from "./openEvent.ts";
import { PauseButton } from "./PauseButton.tsx";
import { Refusals } from "./Refusals.tsx";
import { StreamList } from "./StreamList.tsx";
import { useLive } from "./useLive.ts";
import { useLiveKeys } from "./useLiveKeys.ts";
import "./live.css";

/** What flows, what is refused? */
export function LivePage() {
  const [search, setSearch] = useSearchParams();
  const filters = useMemo(() => filtersOf(search), [search]);
  const { view, store, retry } = useLive(filters);
  // What may no longer be seen is told by the list alone.
  const isRefused = view.connection === "closed" && refusalOf(view.problem) !== null;
  const opened = isRefused ? null : openedOf(search);
  const [isPaused, setPaused] = useState(false);
  const isPhone = useIsPhone();
  const [listHold, setListHold] = useState<"focused" | "hovered" | "scrolled" | null>(null);
  const hold = isPaused ? "paused" : opened === null ? listHold : "open";
  useEffect(() => store.hold(hold !== null), [store, hold]);
  const openedKey = opened === null ? null : `${opened.source} ${opened.messageId}`;
  useFocusGivenBack(openedKey);
  const close = useCallback(() => setSearch((before) => withOpened(before, null)), [setSearch]);
  const togglePause = useCallback(() => setPaused((before) => !before), []);
  useLiveKeys({ onPause: togglePause, onClose: opened === null ? null : close });
  const row = [...view.shown, ...view.waiting].find(
    ({ source, messageId }) => source === opened?.source && messageId === opened.messageId,
  );
  const showAll = (): void => {
    setPaused(false);
    store.release();
  };
  return (
    <div className="live">
      <PageHead
        title={words.pages.live}
        lead={words.live.lead}
        actions={<PauseButton isPaused={isPaused} onToggle={togglePause} />}
      />
      {view.connection === "closed" && !isRefused && view.problem !== null && view.shown.length > 0 && (
        <ProblemNote error={view.problem} onRetry={retry} keepsData />
      )}
      {!isRefused && <LiveFacts view={view} isPaused={isPaused} />}
      <FilterBar filters={filters} onChange={(next) => setSearch((before) => withFilters(before, next))} />
      <div className={opened !== null && !isPhone ? "liveColumns withDetails" : "liveColumns"}>
        <StreamList
          view={view}
          filters={filters}
          hold={hold}
          opened={opened}
          isPhone={isPhone}
          onHold={setListHold}
          onShowAll={showAll}
          onRetry={retry}
          onClearFilters={() => setSearch((before) => withFilters(before, { sources: [], events: [], statuses: [] }))}
        />
        <div className="liveSide">
          {opened !== null && (
            <EventDetails key={openedKey} opened={opened} row={row ?? null} isPhone={isPhone} onClose={close} />
          )}
          {(opened === null || isPhone) && <Refusals sources={filters.sources} rates={view.rates} />}
        </div>
      </div>
    </div>
  );
}
