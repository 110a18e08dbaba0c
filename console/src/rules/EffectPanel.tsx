import { Button } from "@mantine/core";
import { countText } from "../parts/countText.ts";
import { Panel } from "../parts/Panel.tsx";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { words } from "../words/words.ts";
import { Example } from "./Example.tsx";
import type { DryRun, RulesEffect, RulesPreview } from "./rulesQueries.ts";

const text = words.rules;

/** The dry run: how far it is, what it found, with people to look at. */
export function EffectPanel({
  dryRun,
  isUpToDate,
  hasChanges,
}: {
  dryRun: DryRun;
  isUpToDate: boolean;
  hasChanges: boolean;
}) {
  const settled = { data: dryRun, error: null, isPending: false, refetch: () => undefined };
  const { preview, isAsking, error, cancel } = dryRun;
  const isRunning = isAsking || preview?.status === "running";
  return (
    <Panel title={text.effectTitle} query={settled} height={0}>
      {() => (
        <div role="status" aria-live="polite">
          {error !== null && <ProblemNote error={error} />}
          {isRunning ? (
            <Running share={preview?.progress ?? 0} onCancel={preview === null ? null : cancel} />
          ) : preview === null ? (
            error === null && <p className="dimmed">{text.effectEmpty}</p>
          ) : (
            <Ended preview={preview} isOld={hasChanges && !isUpToDate} />
          )}
        </div>
      )}
    </Panel>
  );
}

function Running({ share, onCancel }: { share: number; onCancel: (() => void) | null }) {
  const percent = Math.floor(share * 100);
  return (
    <div className="rulesRunning">
      <label>
        {text.running(percent)}
        <progress max={100} value={percent} />
      </label>
      {onCancel !== null && (
        <Button variant="default" size="xs" h="var(--c360-target)" onClick={onCancel}>
          {text.cancel}
        </Button>
      )}
    </div>
  );
}

function Ended({ preview: { status, effect, problem }, isOld }: { preview: RulesPreview; isOld: boolean }) {
  if (effect !== null) {
    return (
      <>
        {isOld && <p className="documentNote">{text.effectOld}</p>}
        <Effect effect={effect} />
      </>
    );
  }
  if (problem === null) return <p className="dimmed">{status === "cancelled" ? text.cancelled : text.effectEmpty}</p>;
  return (
    <div className="stateBox problem" role="alert">
      <p className="stateTitle">{problem.message}</p>
      {problem.hint !== null && <p>{problem.hint}</p>}
    </div>
  );
}

function Effect({ effect }: { effect: RulesEffect }) {
  const { people, joins, splits, affected, decisions, examples } = effect;
  if (affected + decisions.length === 0) return <p>{text.nobody}</p>;
  return (
    <>
      <dl className="rulesFacts numbers">
        <Fact label={text.effect.people} value={text.arrow(countText(people.before), countText(people.after))} />
        <Fact label={text.effect.joins} value={countText(joins)} />
        <Fact label={text.effect.splits} value={countText(splits)} />
        <Fact label={text.effect.affected} value={countText(affected)} />
      </dl>
      {decisions.length > 0 && <Decisions decisions={decisions} />}
      {examples.length > 0 && <h3 className="documentHead">{text.examples}</h3>}
      <ul className="rulesExamples">
        {examples.map((example, index) => (
          <Example key={index} example={example} />
        ))}
      </ul>
    </>
  );
}

function Fact({ label, value }: { label: string; value: string }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Decisions({ decisions }: { decisions: RulesEffect["decisions"] }) {
  const { decisionColumns, decisionWords } = text;
  return (
    <table className="documentTable">
      <caption className="documentHead">{text.decisions}</caption>
      <thead>
        <tr>
          <th scope="col">{decisionColumns.type}</th>
          <th scope="col">{decisionColumns.from}</th>
          <th scope="col">{decisionColumns.to}</th>
          <th scope="col" className="documentEnd">
            {decisionColumns.count}
          </th>
        </tr>
      </thead>
      <tbody>
        {decisions.map(({ type, from, to, count }) => (
          <tr key={`${type} ${from} ${to}`}>
            <th scope="row" className="mono">
              {type}
            </th>
            <td data-label={decisionColumns.from}>{decisionWords[from]}</td>
            <td data-label={decisionColumns.to}>{decisionWords[to]}</td>
            <td data-label={decisionColumns.count} className="documentEnd numbers">
              {countText(count)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
