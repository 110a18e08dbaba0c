import { words } from "../words/words.ts";

const text = words.customers;

/** The names of the columns. */
export function CustomersHead() {
  return (
    <div role="rowgroup" className="customersHead">
      <div role="row" aria-rowindex={1} className="customerRow">
        {(["name", "matched", "records", "sources", "spend", "seen"] as const).map((column) => (
          <div role="columnheader" key={column} className={`cut cell-${column}`}>
            {text.columns[column]}
          </div>
        ))}
      </div>
    </div>
  );
}
