import { memo } from "react";
import { countText } from "../parts/countText.ts";
import { moneyText } from "../parts/moneyText.ts";
import { SourceMark, sourceKinds } from "../parts/SourceMark.tsx";
import { PlainTime } from "../parts/Time.tsx";
import type { FoundCustomer } from "./customerSearch.ts";
import { matchTexts, nameText } from "./matchText.ts";

interface RowProps {
  /** Null while it is coming. */
  item: FoundCustomer | null;
  rowIndex: number;
  isSelected: boolean;
  /** Pixels from the first row's. */
  start: number;
  height: number;
}

/** A customer in one line, on a phone in two. The whole row is its link. */
export const CustomerRow = memo(function CustomerRow({ item, rowIndex, isSelected, start, height }: RowProps) {
  const style = { insetBlockStart: start, blockSize: height };
  if (item === null) {
    return (
      <div role="row" aria-rowindex={rowIndex} className="customerRow atPlace" style={style}>
        <div role="cell">
          <span className="waitingText" />
        </div>
      </div>
    );
  }
  return (
    <div
      role="row"
      aria-rowindex={rowIndex}
      aria-current={isSelected}
      className={`customerRow atPlace ${isSelected ? "selected" : ""} ${item.matched?.length ? "" : "unmatched"}`}
      style={style}
    >
      <div role="cell" className="cell-name">
        <Name item={item} />
        {item.city != null && (
          <span className="dimmed cut cityText" dir="auto" title={item.city}>
            {item.city}
          </span>
        )}
      </div>
      <div role="cell" className="cell-matched">
        <Matched item={item} />
      </div>
      <div role="cell" className="cell-records numbers">
        {countText(item.recordCount ?? 0)}
      </div>
      <div role="cell" className="cell-sources">
        <Sources kinds={item.sources ?? []} />
      </div>
      <div role="cell" className={`cell-spend numbers ${item.revenue?.amount === 0 ? "dimmed" : ""}`}>
        {item.revenue === undefined ? "" : moneyText(item.revenue)}
      </div>
      <div role="cell" className="cell-seen">
        <PlainTime at={item.lastSeenAt ?? null} />
      </div>
    </div>
  );
});

/** Who has no name is told by an identifier: its kind, and it. */
function Name({ item: { id, displayName } }: { item: FoundCustomer }) {
  const { type, text } = nameText(displayName ?? id);
  return (
    // The rows take its press: a router's link in each took a fifth of the time of a row.
    <a
      href={`/customers/${id}`}
      className={type === null ? "customerLink cut" : "customerLink cut unnamed"}
      dir="auto"
      title={type === null ? text : `${type} ${text}`}
    >
      {type !== null && <span className="meta">{type} </span>}
      {text}
    </a>
  );
}

/** Each kind in a place of its own, so that a column of rows can be read down. */
function Sources({ kinds }: { kinds: readonly string[] }) {
  const known: readonly string[] = sourceKinds;
  return kinds
    .toSorted((a, b) => known.indexOf(a) - known.indexOf(b))
    .map((kind) => (
      <span key={kind} style={{ gridColumn: known.indexOf(kind) + 1 || "auto" }}>
        <SourceMark kind={kind} iconOnly />
      </span>
    ));
}

function Matched({ item }: { item: FoundCustomer }) {
  const texts = matchTexts(item);
  if (texts.length === 0) return <span className="dimmed noMatch">—</span>;
  const whole = texts.map(({ field, value, how }) => [field, value, how].filter((part) => part !== null).join(" "));
  return (
    <span className="cut" title={whole.join(", ")}>
      {texts.map(({ field, value, how }, index) => (
        <span key={index}>
          {index > 0 && ", "}
          <span className="dimmed">{field}</span>
          {value !== null && (
            <>
              {" "}
              <bdi>{value}</bdi>
            </>
          )}
          {how !== null && <span className="dimmed"> ({how})</span>}
        </span>
      ))}
    </span>
  );
}
