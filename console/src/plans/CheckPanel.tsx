import { SegmentedControl } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { ApiProblem } from "../api/problem.ts";
import { countText } from "../parts/countText.ts";
import { Fact } from "../parts/Fact.tsx";
import { Panel, PanelStates } from "../parts/Panel.tsx";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { settled } from "../parts/settled.ts";
import { words } from "../words/words.ts";
import type { Checked, PlanCheck } from "./planQueries.ts";
import { kindText, whereText } from "./planText.ts";
import { SampleLink } from "./ViolationsPanel.tsx";

const text = words.plans;
const reservedHeight = 108;

/** The least is what is asked first. */
export const latestChoices = [100, 1_000] as const;

interface CheckProps {
  source: string;
  check: UseQueryResult<Checked>;
  isAsked: boolean;
  /** Whether it is of the draft as it stands. */
  isUpToDate: boolean;
  /** What is wrong is told at its place in the document. */
  isMarked: boolean;
  /** Version that it is compared with; 0: none. */
  holds: number;
  latest: number;
  onLatest: (latest: number) => void;
}

/** What the draft says of the latest calls, beside what holds. */
export function CheckPanel({ source, check, isAsked, isUpToDate, isMarked, holds, latest, onLatest }: CheckProps) {
  const actions = isAsked ? (
    <SegmentedControl
      size="xs"
      aria-label={text.checkLatest}
      data={latestChoices.map((count) => ({ value: String(count), label: text.latest(countText(count)) }))}
      value={String(latest)}
      onChange={(value) => onLatest(Number(value))}
    />
  ) : undefined;
  const isInvalid = check.error instanceof ApiProblem && check.error.code === "tracking_plan_invalid";
  return (
    <Panel title={text.checkTitle} actions={actions} query={settled(check)} height={0}>
      {() => (
        <div role="status" aria-live="polite">
          {!isAsked && <p className="dimmed planLead">{text.checkEmpty}</p>}
          {isAsked && !isUpToDate && <p className="documentNote">{text.checkOld}</p>}
          {isInvalid && isUpToDate && isMarked && <p className="bad">{text.checkMistake}</p>}
          {isInvalid && isUpToDate && !isMarked && <ProblemNote error={check.error} />}
          {isAsked && !isInvalid && (
            <PanelStates query={check} height={reservedHeight}>
              {(checked) => <Outcome source={source} checked={checked} holds={holds} />}
            </PanelStates>
          )}
        </div>
      )}
    </Panel>
  );
}

function Outcome({ source, checked: { draft, now }, holds }: { source: string; checked: Checked; holds: number }) {
  if (draft.judged === 0) return <p>{text.checkNone}</p>;
  const told = (of: (check: PlanCheck) => number): string =>
    now === null ? countText(of(draft)) : text.arrow(countText(of(now)), countText(of(draft)));
  return (
    <>
      <dl className="facts numbers">
        <Fact label={text.checked.judged}>{countText(draft.judged)}</Fact>
        <Fact label={text.checked.keep}>{told(({ conforming }) => conforming)}</Fact>
        <Fact label={text.checked.breaks}>{told(({ judged, conforming }) => judged - conforming)}</Fact>
        <Fact label={text.checked.refused}>{told(({ rejected }) => rejected)}</Fact>
      </dl>
      <p className="meta planLead">
        {now !== null && text.compared(holds)} {text.checkRefusals}
      </p>
      {draft.violations.length === 0 ? (
        <p className="good">{text.checkAll}</p>
      ) : (
        <Found source={source} check={draft} />
      )}
      {draft.isCut && <p className="meta">{text.checkCut}</p>}
    </>
  );
}

function Found({ source, check }: { source: string; check: PlanCheck }) {
  const { columns } = text.violations;
  return (
    <table className="documentTable">
      <thead>
        <tr>
          <th scope="col">{columns.event}</th>
          <th scope="col">{columns.kind}</th>
          <th scope="col" className="documentEnd">
            {columns.calls}
          </th>
        </tr>
      </thead>
      <tbody>
        {check.violations.map((row) => (
          <tr key={JSON.stringify([row.type, row.event, row.path, row.kind])}>
            <th scope="row">{row.event ?? row.type}</th>
            <td>
              {kindText(row.kind)}
              <span className="planTold mono">{whereText(row)}</span>
              {row.example.messageId !== null && (
                <span className="planTold">
                  {text.example} <SampleLink source={source} messageId={row.example.messageId} />
                </span>
              )}
            </td>
            <td data-label={columns.calls} className="documentEnd numbers">
              {countText(row.count)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
