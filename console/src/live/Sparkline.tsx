import { useMemo } from "react";
import { countText } from "../parts/countText.ts";
import { words } from "../words/words.ts";
import type { Rates } from "./messages.ts";
import { rateNow, rateText, shownSeconds, sparkOf, sum } from "./rateText.ts";

const text = words.live;

/** Five minutes of events a second, from zero; refusals as marks at the bottom, by shape as well as colour. */
export function Sparkline({ rates }: { rates: readonly Rates[] }) {
  const end = Date.parse(rates.at(-1)?.at ?? "");
  const spark = useMemo(() => sparkOf(rates, end), [rates, end]);
  const label = text.spark(rateText(rateNow(rates)), rateText(spark.max), countText(sum(rates, "rejected")));
  return (
    <figure className="liveSpark">
      <svg viewBox={`0 -4 ${shownSeconds} 108`} preserveAspectRatio="none" role="img" aria-label={label}>
        <polygon className="sparkArea" points={`0,100 ${spark.line} ${shownSeconds - 1},100`} />
        <polyline className="sparkLine" points={spark.line} />
        {spark.refused.map(({ x, height }) => (
          <rect key={x} className="sparkRefused" x={x} y={100 - height} width={2} height={height} />
        ))}
      </svg>
      <figcaption className="meta" aria-hidden>
        <span>{text.sparkTitle}</span>
        <span className="numbers">{text.sparkMost(rateText(spark.max))}</span>
      </figcaption>
    </figure>
  );
}
