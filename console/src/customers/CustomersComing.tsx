import { words } from "../words/words.ts";
import { CustomersHead } from "./CustomersHead.tsx";

/** More than a window shows. */
const comingRows = 30;

/** The list while nobody of it is known yet: what comes stands where this stood. */
export function CustomersComing() {
  return (
    <div role="status" aria-label={words.states.loading} className="customersComing allUnmatched">
      <div aria-hidden>
        <CustomersHead />
        {Array.from({ length: comingRows }, (_, row) => (
          <div key={row} className="customerRow coming">
            <span className="cell-name">
              <span className="waitingText" />
            </span>
            <span className="cell-spend">
              <span className="waitingText" />
            </span>
          </div>
        ))}
      </div>
    </div>
  );
}
