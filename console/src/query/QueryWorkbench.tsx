import { Button, Drawer, Skeleton } from "@mantine/core";
import { IconPlayerPlay, IconTable } from "@tabler/icons-react";
import { lazy, Suspense, useMemo, useRef, useState } from "react";
import { useSearchParams } from "react-router";
import { PageHead } from "../parts/PageHead.tsx";
import { words } from "../words/words.ts";
import { DraftMenu } from "./DraftMenu.tsx";
import { type Draft, saveDraft } from "./drafts.ts";
import { errorPlace } from "./errorPlace.ts";
import { examples } from "./examples.ts";
import { firstRows, useQueryRun, useSchema } from "./queryRun.ts";
import { ResultPanel } from "./ResultPanel.tsx";
import { RunClock } from "./RunClock.tsx";
import { SchemaList } from "./SchemaList.tsx";

const text = words.query;
const SqlEditor = lazy(async () => ({ default: (await import("./SqlEditor.tsx")).SqlEditor }));

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
  const [search, setSearch] = useSearchParams();
  const schema = useSchema();
  const { run, startedAt, start, cancel } = useQueryRun(id);
  const runButton = useRef<HTMLButtonElement>(null);
  const isRunning = startedAt !== null;
  const change = (next: string): void => {
    setSql(next);
    saveDraft({ id, sql: next, changedAt: Date.now() });
  };
  const runNow = (limit = firstRows): void => {
    if (sql.trim() !== "") void start(sql, limit);
  };
  const setView = (view: "table" | "chart"): void =>
    setSearch(view === "chart" ? { view } : {}, { replace: true, preventScrollReset: true });
  const error = useMemo(() => {
    if (run?.problem == null || run.sql !== sql) return null;
    const place = errorPlace(sql, run.problem.message);
    return place === null ? null : { place, message: run.problem.message };
  }, [run, sql]);
  const views = useMemo(() => schema.data ?? [], [schema.data]);
  return (
    <>
      <PageHead title={words.pages.query} lead={text.lead} actions={<DraftMenu id={id} drafts={drafts} />} />
      <div className="workbench">
        <aside className="schemaSide" aria-label={text.schema}>
          <h2 className="sideHead">{text.schema}</h2>
          <SchemaList schema={schema} onInsert={(name) => setInsertion({ text: name })} />
        </aside>
        <div className="workbenchMain">
          <section className="panel editorPanel" aria-label={text.editorLabel}>
            <div className="editorRoom">
              <Suspense fallback={<Skeleton height="100%" />}>
                <SqlEditor
                  initialSql={initialSql}
                  views={views}
                  onChange={change}
                  onRun={runNow}
                  onLeave={() => runButton.current?.focus()}
                  error={error}
                  insertion={insertion}
                />
              </Suspense>
            </div>
            <div className="editorBar">
              <Button
                ref={runButton}
                h="var(--c360-target)"
                leftSection={<IconPlayerPlay size={16} />}
                onClick={() => runNow()}
                disabled={sql.trim() === ""}
                aria-keyshortcuts="Meta+Enter Control+Enter"
              >
                {text.run}
                <kbd className="runKey">⌘↵</kbd>
              </Button>
              {isRunning && (
                <Button variant="default" h="var(--c360-target)" onClick={cancel}>
                  {text.cancel}
                </Button>
              )}
              {startedAt !== null && <RunClock startedAt={startedAt} />}
              <SchemaDrawer schema={schema} onInsert={(name) => setInsertion({ text: name })} />
            </div>
          </section>
          {sql.trim() === "" && run === null && <Examples onChoose={(chosen) => setInsertion({ text: chosen })} />}
          <ResultPanel
            run={run}
            sql={sql}
            isRunning={isRunning}
            view={search.get("view") === "chart" ? "chart" : "table"}
            onView={setView}
            onRun={runNow}
          />
        </div>
      </div>
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

/** On a phone the schema does not fit beside the editor. */
function SchemaDrawer({
  schema,
  onInsert,
}: {
  schema: ReturnType<typeof useSchema>;
  onInsert: (name: string) => void;
}) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button
        className="schemaButton"
        variant="default"
        h="var(--c360-target)"
        leftSection={<IconTable size={16} />}
        onClick={() => setOpen(true)}
        aria-label={text.schemaShow}
      >
        {text.schema}
      </Button>
      <Drawer
        opened={isOpen}
        onClose={() => setOpen(false)}
        title={text.schema}
        position="right"
        size={320}
        closeButtonProps={{ "aria-label": text.schemaClose }}
      >
        <SchemaList
          schema={schema}
          onInsert={(name) => {
            setOpen(false);
            onInsert(name);
          }}
        />
      </Drawer>
    </>
  );
}
