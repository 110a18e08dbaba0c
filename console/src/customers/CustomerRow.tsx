import { memo } from "react";
import { countText } from "../parts/countText.ts";
import { moneyText } from "../parts/moneyText.ts";
import { SourceMark } from "../parts/SourceMark.tsx";
import { PlainTime } from "../parts/Time.tsx";
import type { FoundCustomer } from "./customerSearch.ts";
import { matchTexts } from "./matchText.ts";

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
        {/* The rows take its press: a router's link in each took a fifth of the time of a row. */}
        <a href={`/customers/${item.id}`} className="customerLink cut" dir="auto" title={item.displayName}>
          {item.displayName}
        </a>
        {item.city != null && (
          <span className="dimmed cut cityText" dir="auto">
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
        {item.sources?.map((kind) => (
          <SourceMark key={kind} kind={kind} iconOnly />
        ))}
      </div>
      <div role="cell" className="cell-spend numbers">
        {item.revenue === undefined ? "" : moneyText(item.revenue)}
      </div>
      <div role="cell" className="cell-seen">
        <PlainTime at={item.lastSeenAt ?? null} />
      </div>
    </div>
  );
});

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
