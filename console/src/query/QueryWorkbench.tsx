import { Button } from "@mantine/core";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { type ApiProblem, refusalOf } from "../api/problem.ts";
import { NoAccess } from "../parts/NoAccess.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { words } from "../words/words.ts";
import { DraftMenu } from "./DraftMenu.tsx";
import { type Draft, saveDraft } from "./drafts.ts";
import { EditorPanel } from "./EditorPanel.tsx";
import { examples } from "./examples.ts";
import { firstRows, useQueryRun, useSchema } from "./queryRun.ts";
import { ResultPanel } from "./ResultPanel.tsx";
import { SchemaList } from "./SchemaList.tsx";

const text = words.query;

/** The editor, the schema beside it, the result below. The draft is saved with each change. */
export function QueryWorkbench({
  id,
  initialSql,
  drafts,
}: {
  id: string;
  initialSql: string;
  drafts: readonly Draft[];
}) {
  const [sql, setSql] = useState(initialSql);
  const [insertion, setInsertion] = useState<{ text: string } | null>(null);
  const [focusing, setFocusing] = useState<object | null>(null);
  const [search, setSearch] = useSearchParams();
  const schema = useSchema();
  const { run, startedAt, start, cancel } = useQueryRun(id);
  const change = (next: string): void => {
    setSql(next);
    saveDraft({ id, sql: next, changedAt: Date.now() });
  };
  const runNow = (limit = firstRows): void => {
    if (sql.trim() !== "") void start(sql, limit);
  };
  const setView = (view: "table" | "chart"): void =>
    setSearch(view === "chart" ? { view } : {}, { replace: true, preventScrollReset: true });
  const insert = (text: string): void => setInsertion({ text });
  const refusal = refusalOf(schema.error);
  // Who may not know what there is may ask nothing; on a phone the schema is out of sight.
  if (refusal !== null) return <NoQuery problem={refusal} />;
  return (
    <>
      <PageHead title={words.pages.query} lead={text.lead} actions={<DraftMenu id={id} drafts={drafts} />} />
      <div className="workbench">
        <aside className="schemaSide" aria-label={text.schema}>
          <h2 className="sideHead">{text.schema}</h2>
          <SchemaList schema={schema} onInsert={insert} />
        </aside>
        <div className="workbenchMain">
          <EditorPanel
            initialSql={initialSql}
            sql={sql}
            run={run}
            startedAt={startedAt}
            schema={schema}
            insertion={insertion}
            focusing={focusing}
            onInsert={insert}
            onChange={change}
            onRun={runNow}
            onCancel={cancel}
          />
          {sql.trim() === "" && run === null && <Examples onChoose={insert} />}
          <ResultPanel
            run={run}
            sql={sql}
            isRunning={startedAt !== null}
            view={search.get("view") === "chart" ? "chart" : "table"}
            onView={setView}
            onRun={runNow}
            onEdit={() => setFocusing({})}
          />
        </div>
      </div>
    </>
  );
}

function NoQuery({ problem }: { problem: ApiProblem }) {
  return (
    <>
      <PageHead title={words.pages.query} lead={text.lead} />
      <NoAccess problem={problem} what="see" />
    </>
  );
}

function Examples({ onChoose }: { onChoose: (sql: string) => void }) {
  return (
    <div className="examples">
      <span className="dimmed">{text.examples}</span>
      {examples.map(({ label, sql }) => (
        <Button key={label} variant="default" size="xs" h="var(--c360-target)" onClick={() => onChoose(sql)}>
          {label}
        </Button>
      ))}
    </div>
  );
}
