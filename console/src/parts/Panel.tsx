import { Skeleton } from "@mantine/core";
import { type ReactNode, useId } from "react";
import { refusalOf } from "../api/problem.ts";
import { useIsPhone } from "../theme/useIsPhone.ts";
import { words } from "../words/words.ts";
import { NoAccess } from "./NoAccess.tsx";
import { ProblemNote } from "./ProblemNote.tsx";
import "./parts.css";

/** Pixels, by the width of the window. */
export interface RowHeight {
  wide: number;
  phone: number;
}

/** What a panel needs of a query; TanStack's results fit. */
export interface PanelQuery<Data> {
  data: Data | undefined;
  error: Error | null;
  isPending: boolean;
  refetch: () => unknown;
}

export interface PanelProps<Data> {
  /** Null: no head, for a page that is one panel; then `label` names it. */
  title: string | null;
  label?: string;
  /** At the end of the head. */
  actions?: ReactNode;
  query: PanelQuery<Data>;
  /** Pixels that the loaded content takes: the skeleton is as high, so that nothing moves when it comes. */
  height: number;
  /** Of one of its rows, where it is not a list's; `height` is then that of the wide window, and a phone has as many rows. */
  rowHeight?: RowHeight;
  /** In place of rows that are coming, where the content itself can show them. */
  waiting?: ReactNode;
  isEmpty?: (data: Data) => boolean;
  /** Why there is nothing, and one action. */
  empty?: ReactNode;
  children: (data: Data) => ReactNode;
}

/** A card with the four designed states: loading, empty, error (what was known stays), no permission. */
export function Panel<Data>({ title, label, actions, children, ...states }: PanelProps<Data>) {
  const id = useId();
  const name = title === null ? { "aria-label": label } : { "aria-labelledby": id };
  return (
    <section className="panel" {...name}>
      {title !== null && (
        <div className="panelHead">
          <h2 id={id}>{title}</h2>
          {actions}
        </div>
      )}
      <PanelStates {...states}>{children}</PanelStates>
    </section>
  );
}

/** The same states without the card. */
export function PanelStates<Data>({
  query,
  height,
  rowHeight,
  waiting,
  isEmpty,
  empty,
  children,
}: Omit<PanelProps<Data>, "title" | "label" | "actions">) {
  const { data, error, isPending } = query;
  const retry = (): void => void query.refetch();
  const refusal = refusalOf(error);
  if (refusal !== null) return <NoAccess problem={refusal} what="see" />;
  if (data === undefined) {
    if (error !== null) return <ProblemNote error={error} onRetry={retry} />;
    if (!isPending) return null;
    return waiting ?? <Waiting height={height} {...(rowHeight === undefined ? {} : { rowHeight })} />;
  }
  return (
    <>
      {error !== null && <ProblemNote error={error} onRetry={retry} keepsData />}
      {isEmpty?.(data) ? <div className="stateBox">{empty}</div> : children(data)}
    </>
  );
}

const listRow: RowHeight = { wide: 36, phone: 44 };
const skeletonText = 14;
/** Percent of the row: as uneven as what will stand there. */
const skeletonWidths = [42, 56, 34, 48];

/** Rows that are coming, in as much room. */
export function Waiting({ height, rowHeight }: { height: number; rowHeight?: RowHeight }) {
  const { wide, phone } = rowHeight ?? listRow;
  const rowPixels = useIsPhone() ? phone : wide;
  const rows = Math.max(1, Math.floor(height / (rowHeight === undefined ? rowPixels : wide)));
  const room = rowHeight === undefined ? height : rows * rowPixels;
  return (
    <div style={{ blockSize: room, overflow: "hidden" }} role="status" aria-label={words.states.loading}>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="skeletonRow" style={{ blockSize: rowPixels }}>
          <Skeleton height={skeletonText} width={`${skeletonWidths[row % skeletonWidths.length]}%`} />
          <Skeleton height={skeletonText} width="16%" />
        </div>
      ))}
    </div>
  );
}
