import { Button, SegmentedControl, Textarea } from "@mantine/core";
import { useState } from "react";
import { Panel } from "../parts/Panel.tsx";
import { words } from "../words/words.ts";
import { otherFields } from "./document.ts";
import { NumberFields } from "./NumberFields.tsx";
import { TypesTable } from "./TypesTable.tsx";
import type { RulesDraft } from "./useDraft.ts";

const text = words.rules;
type View = "form" | "json";
const jsonRows = 28;

/** The document: as fields, or as it is. */
export function DraftPanel({ draft, isDraft }: { draft: RulesDraft; isDraft: boolean }) {
  const [view, setView] = useState<View>("form");
  const settled = { data: draft, error: null, isPending: false, refetch: () => undefined };
  const actions = (
    <SegmentedControl
      size="xs"
      aria-label={text.viewLabel}
      data={[
        { value: "form", label: text.views.form },
        { value: "json", label: text.views.json },
      ]}
      value={view}
      onChange={(value) => setView(value === "json" ? "json" : "form")}
    />
  );
  return (
    <Panel title={text.draftTitle} actions={actions} query={settled} height={0}>
      {() => (
        <>
          {isDraft && (
            <div className="draftNote">
              <span className="meta">{words.document.draftKept}</span>
              <Button variant="subtle" size="xs" h="var(--c360-target)" onClick={draft.discard}>
                {words.document.discard}
              </Button>
            </div>
          )}
          {view === "json" ? <Json draft={draft} /> : <Form draft={draft} />}
        </>
      )}
    </Panel>
  );
}

function Json({ draft: { text: json, parsed, setText } }: { draft: RulesDraft }) {
  return (
    <Textarea
      aria-label={text.jsonLabel}
      classNames={{ input: "rulesJson" }}
      rows={jsonRows}
      spellCheck={false}
      value={json}
      error={parsed.problem === null ? null : text.noJson(parsed.problem)}
      onChange={(event) => setText(event.currentTarget.value)}
    />
  );
}

function Form({ draft }: { draft: RulesDraft }) {
  const { document, problem } = draft.parsed;
  if (document === null) {
    return (
      <div className="stateBox">
        <p className="stateTitle">{text.noJson(problem)}</p>
        <p>{text.noForm}</p>
      </div>
    );
  }
  const others = otherFields(document);
  return (
    <>
      <h3 className="documentHead">{text.thresholds}</h3>
      <NumberFields document={document} onChange={draft.setValue} />
      <h3 className="documentHead">{text.types}</h3>
      <p className="meta">{text.typesHint}</p>
      <TypesTable document={document} onChange={draft.setValue} />
      {others.length > 0 && <p className="meta">{text.otherFields(others.join(", "))}</p>}
    </>
  );
}
