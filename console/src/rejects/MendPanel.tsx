import { Button, SegmentedControl, Textarea } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { countText } from "../parts/countText.ts";
import { Panel } from "../parts/Panel.tsx";
import { words } from "../words/words.ts";
import { pathsOf } from "./changes.ts";
import { type Cause, useCalls } from "./rejectQueries.ts";
import { pathListId, StepFields } from "./StepFields.tsx";
import type { Steps } from "./useSteps.ts";

const text = words.rejects;
const jsonRows = 14;

interface MendProps {
  steps: Steps;
  cause: Cause;
  isTrying: boolean;
  onTry: () => void;
  onReplay: () => void;
}

/** The steps that mend all calls of a cause. */
export function MendPanel({ steps, cause, isTrying, onTry, onReplay }: MendProps) {
  const settled = { data: steps, error: null, isPending: false, refetch: () => undefined };
  const isWrong = "fault" in steps.parsed;
  const actions = (
    <SegmentedControl
      size="xs"
      aria-label={text.view}
      data={(["form", "json"] as const).map((value) => ({ value, label: text.views[value] }))}
      value={steps.view}
      onChange={(value) => steps.setView(value === "json" ? "json" : "form")}
    />
  );
  return (
    <Panel title={text.mendTitle} actions={actions} query={settled} height={0}>
      {() => (
        <>
          <p className="meta mendLead">{text.mendLead}</p>
          <PathList cause={cause} />
          {steps.view === "json" ? <Json steps={steps} /> : <Form steps={steps} />}
          <div className="formActions mendActions">
            <Button variant="default" h="var(--c360-target)" disabled={isWrong || cause.open === 0} onClick={onReplay}>
              {text.replayAll(countText(cause.open))}
            </Button>
            <Button h="var(--c360-target)" disabled={isWrong || cause.open === 0} loading={isTrying} onClick={onTry}>
              {text.tryOut}
            </Button>
          </div>
        </>
      )}
    </Panel>
  );
}

/** Fields of the newest call, to choose from. */
function PathList({ cause }: { cause: Cause }) {
  const newest = useCalls(cause.id, "open").data?.pages[0]?.items[0]?.event;
  return (
    <datalist id={pathListId}>
      {pathsOf(newest).map((path) => (
        <option key={path} value={path} />
      ))}
    </datalist>
  );
}

function Json({ steps: { json, setJson, parsed } }: { steps: Steps }) {
  const fault = "fault" in parsed ? (parsed.fault === null ? text.noList : text.noJson(parsed.fault)) : null;
  return (
    <Textarea
      aria-label={text.jsonLabel}
      classNames={{ input: "mono" }}
      rows={jsonRows}
      spellCheck={false}
      autoCapitalize="off"
      value={json}
      error={fault}
      onChange={({ currentTarget: { value } }) => setJson(value)}
    />
  );
}

function Form({ steps }: { steps: Steps }) {
  if (steps.steps === null) return <p className="dimmed">{text.noForm}</p>;
  return (
    <>
      <ol className="stepList">
        {steps.steps.map((step, index) => (
          <li key={index}>
            <StepFields
              step={step}
              number={index + 1}
              onChange={(changed) => steps.change(index, changed)}
              onRemove={() => steps.remove(index)}
            />
          </li>
        ))}
      </ol>
      <Button
        variant="subtle"
        h="var(--c360-target)"
        leftSection={<IconPlus size={16} />}
        onClick={() => steps.add("set")}
      >
        {text.addStep}
      </Button>
    </>
  );
}
