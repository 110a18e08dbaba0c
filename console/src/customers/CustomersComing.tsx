import { useIsPhone } from "../theme/useIsPhone.ts";
import { words } from "../words/words.ts";
import { CustomerRow, rowPixels } from "./CustomerRow.tsx";
import { CustomersHead } from "./CustomersHead.tsx";

/** More than a window shows. */
const comingRows = 30;

/** The list while nobody of it is known yet: what comes stands where this stood. */
export function CustomersComing() {
  const height = useIsPhone() ? rowPixels.phone : rowPixels.wide;
  return (
    <div role="status" aria-label={words.states.loading} className="customersComing">
      <div className="customersScroller allUnmatched" aria-hidden>
        <CustomersHead />
        <div style={{ position: "relative" }}>
          {Array.from({ length: comingRows }, (_, row) => (
            <CustomerRow
              key={row}
              item={null}
              rowIndex={row + 2}
              isSelected={false}
              start={row * height}
              height={height}
            />
          ))}
        </div>
      </div>
    </div>
  );
}
