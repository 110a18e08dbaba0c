import { countText } from "../parts/countText.ts";
import { words } from "../words/words.ts";
import type { ReviewSummary } from "./reviewQueries.ts";
import { shareText } from "./reviewText.ts";

const text = words.review;

/** Nothing waits: how the answers came out so far. */
export function EmptyQueue({ summary }: { summary: ReviewSummary }) {
  const { own, answered, bands } = summary;
  return (
    <div className="panel reviewEmpty">
      <h2>{text.emptyTitle}</h2>
      <p>{text.empty}</p>
      {summary.skipped > 0 && <p>{text.skipped(countText(summary.skipped))}</p>}
      {own.agreement !== null && <p>{text.agreement(wholeShare(own.agreement), countText(own.pairs))}</p>}
      {answered.agreement !== null && answered.pairs !== own.pairs && (
        <p>{text.agreementAll(wholeShare(answered.agreement), countText(answered.pairs))}</p>
      )}
      {bands.length > 0 && <Bands bands={bands} />}
    </div>
  );
}

function wholeShare(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function Bands({ bands }: { bands: ReviewSummary["bands"] }) {
  const { calibration } = text;
  return (
    <table className="reviewBands">
      <caption>{text.calibrationTitle}</caption>
      <thead>
        <tr>
          <th scope="col">{calibration.band}</th>
          <th scope="col">{calibration.answered}</th>
          <th scope="col">{calibration.same}</th>
        </tr>
      </thead>
      <tbody className="numbers">
        {bands.map(({ from, to, answered, same }) => (
          <tr key={from}>
            <th scope="row">
              {shareText(from)} – {shareText(to)}
            </th>
            <td>{countText(answered)}</td>
            <td>{wholeShare(same / answered)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
