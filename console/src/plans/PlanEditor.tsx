import { Button, NativeSelect, Skeleton } from "@mantine/core";
import { lazy, Suspense } from "react";
import { Panel } from "../parts/Panel.tsx";
import { settled } from "../parts/settled.ts";
import { words } from "../words/words.ts";
import { factsOf, modes, unplannedChoices } from "./planText.ts";
import type { PlanDraft } from "./usePlanDraft.ts";
import "../parts/editor.css";

const text = words.plans;
const JsonEditor = lazy(async () => ({ default: (await import("../parts/JsonEditor.tsx")).JsonEditor }));

/** The document in an editor that marks what is wrong, and its two choices as fields. */
export function PlanEditor({ draft }: { draft: PlanDraft }) {
  const told = draft.faults.at(0)?.message ?? null;
  return (
    <Panel title={text.documentTitle} query={settled(draft)} height={0}>
      {() => (
        <div className="formGap">
          {draft.isKept && (
            <div className="draftNote">
              <span className="meta">{words.document.draftKept}</span>
              <Button variant="subtle" size="xs" h="var(--c360-target)" onClick={draft.discard}>
                {words.document.discard}
              </Button>
            </div>
          )}
          {draft.document !== null && <Choices draft={draft} />}
          <p className="editorFault bad" role="status">
            {told}
          </p>
          <div className="jsonEditor planEditor">
            <Suspense fallback={<Skeleton height="100%" />}>
              <JsonEditor
                key={draft.round}
                label={text.editor}
                initialText={draft.text}
                onChange={draft.setText}
                faults={draft.faults}
              />
            </Suspense>
          </div>
        </div>
      )}
    </Panel>
  );
}

function Choices({ draft }: { draft: PlanDraft }) {
  const { mode, unplanned } = factsOf(draft.document ?? {});
  return (
    <div className="planChoices">
      <NativeSelect
        label={text.modeLabel}
        description={text.modeTold[mode]}
        data={modes.map((value) => ({ value, label: text.modes[value] }))}
        value={mode}
        onChange={({ currentTarget: { value } }) => draft.setValue("mode", value)}
      />
      <NativeSelect
        label={text.unplannedLabel}
        description={text.unplannedTold[unplanned]}
        data={unplannedChoices.map((value) => ({ value, label: text.unplanned[value] }))}
        value={unplanned}
        onChange={({ currentTarget: { value } }) => draft.setValue("unplannedEvents", value)}
      />
    </div>
  );
}
