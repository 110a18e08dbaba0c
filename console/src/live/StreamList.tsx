import { Button } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type FocusEvent, useCallback, useEffect, useRef, useState } from "react";
import { countText } from "../parts/countText.ts";
import { PanelStates } from "../parts/Panel.tsx";
import { usePrinting } from "../theme/usePrinting.ts";
import { words } from "../words/words.ts";
import type { LiveFilters } from "./filters.ts";
import type { LiveView } from "./liveStore.ts";
import type { OpenedEvent } from "./openEvent.ts";
import { StreamRow } from "./StreamRow.tsx";
import { StreamWaiting } from "./StreamWaiting.tsx";
import { rowLink, useMoveKeys } from "./useLiveKeys.ts";

const text = words.live;
const rowPixels = 36;
const phoneRowPixels = 60;
const overscanRows = 8;
const reservedHeight = 216;

export type ListHold = "focused" | "hovered" | "scrolled" | null;

interface StreamListProps {
  view: LiveView;
  filters: LiveFilters;
  /** Why new rows wait above the list; null: they do not. */
  hold: keyof typeof text.held | null;
  opened: OpenedEvent | null;
  isPhone: boolean;
  onHold: (hold: ListHold) => void;
  onShowAll: () => void;
  onRetry: () => void;
  onClearFilters: () => void;
}

/** The rows, newest first; only those that are seen are in the page. What the reader is busy with does not move. */
export function StreamList(props: StreamListProps) {
  const { view, hold, opened, isPhone, onHold, onShowAll } = props;
  const { shown, waitingCount } = view;
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => (isPhone ? phoneRowPixels : rowPixels),
    getItemKey: (index) => shown[index]?.key ?? index,
    overscan: usePrinting() ? shown.length : overscanRows,
  });
  useEffect(() => virtual.measure(), [virtual, isPhone]);
  const handlers = useListHold(onHold);
  const keys = shown.map(({ key }) => key);
  useRowMoves(scroller, keys, (index) => virtual.scrollToIndex(index));
  const showAll = (): void => {
    scroller.current?.scrollTo(0, 0);
    onShowAll();
  };
  return (
    <div className="panel liveList">
      {waitingCount > 0 && (
        <div className="freshBar">
          <Button variant="subtle" size="sm" h="100%" onClick={showAll} className="numbers">
            {text.fresh(countText(waitingCount))}
          </Button>
          {hold !== null && <span className="meta">{text.held[hold]}</span>}
        </div>
      )}
      {shown.length > 0 && <p className="listNote meta">{text.newestFirst}</p>}
      {shown.length === 0 ? (
        <NoRows {...props} />
      ) : (
        <div
          className="liveScroller"
          ref={scroller}
          tabIndex={0}
          role="region"
          aria-label={text.listTitle}
          {...handlers}
        >
          <div role="table" aria-rowcount={shown.length + 1} className="liveTable">
            <ListHead />
            <div role="rowgroup" style={{ blockSize: virtual.getTotalSize(), position: "relative" }}>
              {virtual.getVirtualItems().map(({ key, index, start, size }) => {
                const row = shown[index];
                if (row === undefined) return null;
                const isOpen = row.messageId === opened?.messageId && row.source === opened.source;
                return <StreamRow key={key} row={row} index={index} start={start} size={size} isOpen={isOpen} />;
              })}
            </div>
          </div>
        </div>
      )}
    </div>
  );
}

/** Why there is nothing to list: not yet connected, nothing has come, or it is refused. */
function NoRows({ view, filters, onRetry, onClearFilters }: StreamListProps) {
  const { connection, problem } = view;
  const query = {
    data: connection === "open" || connection === "reconnecting" ? view : undefined,
    error: connection === "closed" ? problem : null,
    isPending: connection === "connecting",
    refetch: onRetry,
  };
  return (
    <div className="liveWaiting">
      <PanelStates query={query} height={reservedHeight} rowHeight={{ wide: rowPixels, phone: phoneRowPixels }}>
        {() => (
          <StreamWaiting
            view={view}
            filters={filters}
            isConnected={connection === "open"}
            onClearFilters={onClearFilters}
          />
        )}
      </PanelStates>
    </div>
  );
}

function ListHead() {
  const { time, source, event, who, outcome } = text.columns;
  return (
    <div role="rowgroup" className="liveHead">
      <div role="row" aria-rowindex={1} className="liveRow">
        {[time, source, event, who, outcome].map((column) => (
          <div role="columnheader" key={column}>
            {column}
          </div>
        ))}
      </div>
    </div>
  );
}

/** What of hovering, focus and scrolling holds the list now. */
function useListHold(onHold: (hold: ListHold) => void) {
  const [is, setIs] = useState({ hovered: false, focused: false, scrolled: false });
  const hold = is.scrolled ? "scrolled" : is.focused ? "focused" : is.hovered ? "hovered" : null;
  useEffect(() => onHold(hold), [onHold, hold]);
  useEffect(() => () => onHold(null), [onHold]);
  const note = (part: Partial<typeof is>): void => setIs((before) => ({ ...before, ...part }));
  const isRow = ({ target }: FocusEvent): boolean => target instanceof Element && target.closest("[role=row]") !== null;
  return {
    onPointerEnter: ({ pointerType }: React.PointerEvent) => note({ hovered: pointerType === "mouse" }),
    onPointerLeave: () => note({ hovered: false }),
    onFocus: (event: FocusEvent) => note({ focused: isRow(event) }),
    onBlur: () => note({ focused: false }),
    onScroll: ({ currentTarget }: React.UIEvent) => {
      const scrolled = currentTarget.scrollTop > 0;
      setIs((before) => (before.scrolled === scrolled ? before : { ...before, scrolled }));
    },
  };
}

/** J and K move the focus from row to row, into the page where a row is not there yet. */
function useRowMoves(
  scroller: React.RefObject<HTMLDivElement | null>,
  keys: readonly string[],
  show: (index: number) => void,
): void {
  const wanted = useRef<string | null>(null);
  const latest = useRef({ keys, show });
  latest.current = { keys, show };
  const linkOf = (key: string): HTMLElement | null =>
    scroller.current?.querySelector<HTMLElement>(`[${rowLink}="${CSS.escape(key)}"]`) ?? null;
  useEffect(() => {
    if (wanted.current === null) return;
    const link = linkOf(wanted.current);
    if (link === null) return;
    wanted.current = null;
    link.focus({ preventScroll: true });
  });
  const move = useCallback((by: 1 | -1) => {
    const { keys, show } = latest.current;
    const at = keys.indexOf(document.activeElement?.getAttribute(rowLink) ?? "");
    const index = at === -1 ? 0 : Math.min(keys.length - 1, Math.max(0, at + by));
    const key = keys[index];
    if (key === undefined) return;
    show(index);
    const link = linkOf(key);
    if (link === null) wanted.current = key;
    else link.focus({ preventScroll: true });
  }, []);
  useMoveKeys(move);
}
