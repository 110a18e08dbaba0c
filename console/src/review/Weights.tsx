import { Button } from "@mantine/core";
import { words } from "../words/words.ts";
import type { Review } from "./reviewQueries.ts";
import { comparisonLabel, shareText, weightText } from "./reviewText.ts";

const text = words.review;
/** Of a bar: as many bits fill it. */
const fullBits = 20;

/** The way to the pair's weight, a row for each column: sign, number, pattern and words. */
export function Weights({ review, isShown, onToggle }: { review: Review; isShown: boolean; onToggle: () => void }) {
  return (
    <section className="panel reviewWeights" aria-labelledby="reviewWeights">
      <div className="panelHead">
        <h2 id="reviewWeights">{text.weightsTitle}</h2>
        <Button variant="default" h="var(--c360-target)" onClick={onToggle} aria-expanded={isShown}>
          {isShown ? text.hideWeights : text.showWeights}
          <kbd className="keyHint reviewKey">W</kbd>
        </Button>
      </div>
      {isShown ? <Waterfall review={review} /> : <p className="dimmed">{text.blind}</p>}
    </section>
  );
}

function Waterfall({ review }: { review: Review }) {
  const { priorWeight, steps, weight, probability, model, origin } = review;
  const told = steps.filter(({ level }) => level !== "missing");
  return (
    <>
      <ol className="reviewWaterfall">
        <Bar label={text.start} level="" weight={priorWeight} />
        {told.map(({ comparison, level, weight: bits }) => (
          <Bar key={comparison} label={comparisonLabel(comparison)} level={level} weight={bits} />
        ))}
        <li className="reviewSum">
          <span>{text.sum}</span>
          <span className="numbers">
            {weightText(weight)} {text.bits}
          </span>
          <strong>{text.probability(shareText(probability))}</strong>
        </li>
      </ol>
      <p className="meta">
        {text.origin[origin]}, {text.model(model)}
      </p>
    </>
  );
}

function Bar({ label, level, weight }: { label: string; level: string; weight: number }) {
  const share = Math.min(1, Math.abs(weight) / fullBits);
  return (
    <li className="reviewBar">
      <span>
        {label}
        {level !== "" && <span className="dimmed"> {level}</span>}
      </span>
      <span className="numbers">{weightText(weight)}</span>
      <span className="reviewTrack" aria-hidden>
        <span className={weight < 0 ? "against" : "for"} style={{ inlineSize: `${share * 100}%` }} />
      </span>
    </li>
  );
}
