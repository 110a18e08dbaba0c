import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef } from "react";
import { Link } from "react-router";
import { words } from "../words/words.ts";
import { railPages } from "../shell/pages.ts";
import { isNumeric } from "./chartChoice.ts";
import type { Answer, Cell } from "./exportText.ts";

const rowPixels = 32;
const minColumnChars = 6;
const maxColumnChars = 48;
const measuredRows = 100;
/** Beyond it, rows above and below what is seen that are drawn too. */
const overscanRows = 12;
const hasCustomerPage = railPages.some(({ path }) => path === "/customers");

/** Each column as wide as its longest text among the first rows, within bounds. */
function columnWidths({ columns, rows }: Answer): string {
  const sample = rows.slice(0, measuredRows);
  return columns
    .map(({ name }, index) => {
      const longest = Math.max(name.length + 1, ...sample.map((row) => String(row[index] ?? "").length));
      return `${Math.min(maxColumnChars, Math.max(minColumnChars, longest)) + 3}ch`;
    })
    .join(" ");
}

/** All rows; only those that are seen are in the page, so that ten thousand scroll like ten. */
export function ResultTable({ answer }: { answer: Answer }) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: answer.rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPixels,
    overscan: overscanRows,
  });
  const widths = useMemo(() => columnWidths(answer), [answer]);
  const items = virtual.getVirtualItems();
  return (
    <div className="resultScroller" ref={scroller} tabIndex={0} role="region" aria-label={words.query.resultTitle}>
      <div
        role="table"
        aria-rowcount={answer.rows.length + 1}
        aria-colcount={answer.columns.length}
        className="resultTable numbers"
      >
        <div role="rowgroup" className="resultHead">
          <div role="row" aria-rowindex={1} className="resultRow" style={{ gridTemplateColumns: widths }}>
            {answer.columns.map(({ name, type }, index) => (
              <div
                role="columnheader"
                key={index}
                className={`cut ${isNumeric(type) ? "end" : ""}`}
                title={`${name} ${type}`}
              >
                {name}
              </div>
            ))}
          </div>
        </div>
        <div role="rowgroup" style={{ blockSize: virtual.getTotalSize(), position: "relative" }}>
          {items.map(({ index, start }) => (
            <div
              role="row"
              key={index}
              aria-rowindex={index + 2}
              className="resultRow atPlace"
              style={{ gridTemplateColumns: widths, transform: `translateY(${start}px)` }}
            >
              {answer.columns.map(({ name, type }, column) => (
                <div
                  role="cell"
                  key={column}
                  className={`cut ${isNumeric(type) ? "end" : ""}`}
                  title={String(answer.rows[index]?.[column] ?? "")}
                >
                  <CellText column={name} value={answer.rows[index]?.[column] ?? null} />
                </div>
              ))}
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}

function CellText({ column, value }: { column: string; value: Cell }) {
  if (value === null) return <span className="cellNull">{words.query.cellNull}</span>;
  const text = String(value);
  if (column === "profile_id" && hasCustomerPage) {
    return (
      <Link to={`/customers/${encodeURIComponent(text)}`} aria-label={words.query.openCustomer(text)}>
        {text}
      </Link>
    );
  }
  return <span title={text.length > maxColumnChars ? text : undefined}>{text}</span>;
}
