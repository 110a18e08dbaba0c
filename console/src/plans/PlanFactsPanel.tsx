import { countText } from "../parts/countText.ts";
import { Fact } from "../parts/Fact.tsx";
import type { JsonDocument } from "../parts/jsonDocument.ts";
import { Panel } from "../parts/Panel.tsx";
import { settled } from "../parts/settled.ts";
import { words } from "../words/words.ts";
import { factsOf } from "./planText.ts";

const text = words.plans;

/** What the plan does, and how much it names. */
export function PlanFactsPanel({ document }: { document: JsonDocument }) {
  return (
    <Panel title={null} label={text.panelTitle} query={settled(factsOf(document))} height={0}>
      {({ mode, unplanned, events }) => (
        <dl className="facts planFacts">
          <Fact label={text.modeFact}>
            {text.modes[mode]}
            <span className="planTold">{text.modeTold[mode]}</span>
          </Fact>
          <Fact label={text.unplannedFact}>
            {text.unplanned[unplanned]}
            <span className="planTold">{text.unplannedTold[unplanned]}</span>
          </Fact>
          <Fact label={text.eventsFact}>
            <span className="numbers">{countText(events)}</span>
          </Fact>
        </dl>
      )}
    </Panel>
  );
}
