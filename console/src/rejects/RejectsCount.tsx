import { countText } from "../parts/countText.ts";
import { words } from "../words/words.ts";
import { useOpenCalls } from "./rejectQueries.ts";

/** In the rail, where there is something to mend. */
export function RejectsCount() {
  const { data = 0 } = useOpenCalls();
  if (data === 0) return null;
  return (
    <span className="railCount numbers">
      <span aria-hidden>{countText(data)}</span>
      <span className="visuallyHidden"> ({words.rejects.count(countText(data))})</span>
    </span>
  );
}
