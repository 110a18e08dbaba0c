import { useMemo } from "react";
import { countText } from "../parts/countText.ts";
import { Time } from "../parts/Time.tsx";
import { words } from "../words/words.ts";
import type { Operations } from "./opsQueries.ts";
import { barsOf } from "./opsText.ts";

const text = words.ops;
const barWidth = 0.8;

/** What came in each minute; refusals stand on top, hatched, so that they are told by more than their colour. */
export function HourChart({ minutes }: { minutes: Operations["minutes"] }) {
  const { bars, most } = useMemo(() => barsOf(minutes), [minutes]);
  const accepted = countText(minutes.reduce((total, minute) => total + minute.accepted, 0));
  const rejected = countText(minutes.reduce((total, minute) => total + minute.rejected, 0));
  return (
    <>
      <figure className="hourChart">
        <svg
          viewBox={`0 0 ${Math.max(1, bars.length)} 100`}
          preserveAspectRatio="none"
          role="img"
          aria-label={text.hourLabel(accepted, rejected)}
        >
          <defs>
            <pattern id="refusedHatch" width="0.4" height="8" patternUnits="userSpaceOnUse">
              <rect className="hourRefused" width="0.4" height="5" />
            </pattern>
          </defs>
          {bars.map((bar) => (
            <g key={bar.x}>
              <rect className="hourAccepted" x={bar.x} y={100 - bar.accepted} width={barWidth} height={bar.accepted} />
              <rect
                fill="url(#refusedHatch)"
                x={bar.x}
                y={100 - bar.accepted - bar.rejected}
                width={barWidth}
                height={bar.rejected}
              />
            </g>
          ))}
        </svg>
        <figcaption className="meta" aria-hidden>
          <span>{text.hourFacts(accepted, rejected)}</span>
          <span className="numbers">{text.hourMost(countText(most))}</span>
        </figcaption>
      </figure>
      <details className="hourTable">
        <summary>{text.hourTable}</summary>
        <table className="plainTable">
          <thead>
            <tr>
              <th scope="col">{text.hourColumns.minute}</th>
              <th scope="col" className="end">
                {text.hourColumns.accepted}
              </th>
              <th scope="col" className="end">
                {text.hourColumns.rejected}
              </th>
            </tr>
          </thead>
          <tbody>
            {minutes.toReversed().map((minute) => (
              <tr key={minute.at}>
                <td>
                  <Time at={minute.at} />
                </td>
                <td className="end numbers" data-label={text.hourColumns.accepted}>
                  {countText(minute.accepted)}
                </td>
                <td className="end numbers" data-label={text.hourColumns.rejected}>
                  {countText(minute.rejected)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </>
  );
}
