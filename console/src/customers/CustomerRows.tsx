import { useVirtualizer } from "@tanstack/react-virtual";
import { type MouseEvent, type Ref, useEffect, useImperativeHandle, useLayoutEffect, useRef, useState } from "react";
import { useLocation, useNavigate } from "react-router";
import { useKeys } from "../shell/useKeys.ts";
import { useIsPhone } from "../theme/useIsPhone.ts";
import { usePrinting } from "../theme/usePrinting.ts";
import { words } from "../words/words.ts";
import type { FoundCustomer } from "./customerSearch.ts";
import { CustomerRow } from "./CustomerRow.tsx";
import { CustomersHead } from "./CustomersHead.tsx";

const text = words.customers;
const rowPixels = { wide: 36, phone: 64 };
/** Rows above and below what is seen that are drawn too. */
const overscanRows = 12;
/** On paper, above and below. */
const printedRows = 500;
/** The next page is asked for when so few rows are left below what is seen. */
const aheadRows = 60;
/** Room below the rows while more are coming. */
const waitingRows = 20;

export interface RowsHandle {
  /** Takes a key that was pressed elsewhere; false when it is none of the rows'. */
  take(key: string): boolean;
}

interface RowsProps {
  ref: Ref<RowsHandle>;
  items: readonly FoundCustomer[];
  hasMore: boolean;
  isLoading: boolean;
  isFailing: boolean;
  onMore: () => void;
}

/** Only those that are seen are in the page; Back finds the place where it was. */
export function CustomerRows({ ref, items, hasMore, isLoading, isFailing, onMore }: RowsProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const place = usePlace(scroller);
  const rowHeight = useIsPhone() ? rowPixels.phone : rowPixels.wide;
  const virtual = useVirtualizer({
    count: items.length + (hasMore ? waitingRows : 0),
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: usePrinting() ? printedRows : overscanRows,
    initialOffset: place,
  });
  useLayoutEffect(() => virtual.measure(), [virtual, rowHeight]);
  const seen = virtual.getVirtualItems();
  const last = seen.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && !isLoading && !isFailing && last > items.length - aheadRows) onMore();
  }, [hasMore, isLoading, isFailing, last, items.length, onMore]);
  const { selected, take } = useSelection(items, (index) => virtual.scrollToIndex(index));
  useImperativeHandle(ref, () => ({ take }), [take]);
  const followLink = useFollowLink();
  const isMatched = items.some(({ matched = [] }) => matched.length > 0);
  return (
    <div
      className={isMatched ? "customersScroller" : "customersScroller allUnmatched"}
      ref={scroller}
      tabIndex={0}
      role="region"
      aria-label={text.rowsLabel}
    >
      <div role="table" aria-rowcount={hasMore ? -1 : items.length + 1} aria-label={text.rowsLabel}>
        <CustomersHead />
        <div role="rowgroup" onClick={followLink} style={{ blockSize: virtual.getTotalSize(), position: "relative" }}>
          {seen.map(({ index, start }) => (
            <CustomerRow
              key={index}
              item={items[index] ?? null}
              rowIndex={index + 2}
              isSelected={selected === index}
              start={start}
              height={rowHeight}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

/** Opens a row's link inside the console; with a modifier, or another button than the first, the browser does. */
function useFollowLink() {
  const navigate = useNavigate();
  return (event: MouseEvent<HTMLElement>): void => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (link === null || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    void navigate(link.pathname);
  };
}

/** Where the rows were scrolled to at this place of the history; kept for the tab's life. */
function usePlace(scroller: { current: HTMLDivElement | null }): number {
  const { key } = useLocation();
  const [initial] = useState(() => Number(sessionStorage.getItem(placeKey(key)) ?? 0));
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    const keep = (): void => sessionStorage.setItem(placeKey(key), String(element.scrollTop));
    addEventListener("pagehide", keep);
    // Of a layout effect, this runs while the element still stands in the page.
    return () => {
      keep();
      removeEventListener("pagehide", keep);
    };
  }, [scroller, key]);
  return initial;
}

const placeKey = (key: string): string => `c360.place.${key}`;

/** J and K, or arrows from the search field, move; Enter opens, from the search field the first without moving. */
function useSelection(items: readonly FoundCustomer[], show: (index: number) => void) {
  const navigate = useNavigate();
  const [selected, setSelected] = useState<number | null>(null);
  const move = (by: number): boolean => {
    if (items.length === 0) return false;
    const next = selected === null ? 0 : Math.min(items.length - 1, Math.max(0, selected + by));
    setSelected(next);
    show(next);
    return true;
  };
  const open = (index: number | null): boolean => {
    const item = index === null ? undefined : items[index];
    if (item === undefined) return false;
    void navigate(`/customers/${item.id}`);
    return true;
  };
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    // A link or a button that has the focus opens itself.
    Enter: () => (document.activeElement?.matches("a, button") ? false : open(selected)),
    Escape: () => (selected === null ? false : setSelected(null)),
  });
  const take = (key: string): boolean => {
    if (key === "ArrowDown") return move(1);
    if (key === "ArrowUp") return move(-1);
    return key === "Enter" ? open(selected ?? 0) : false;
  };
  return { selected, take };
}
