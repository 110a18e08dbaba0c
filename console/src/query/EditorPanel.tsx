import { Button, Drawer, Skeleton } from "@mantine/core";
import { IconPlayerPlay, IconTable } from "@tabler/icons-react";
import { lazy, Suspense, useMemo, useRef, useState } from "react";
import { words } from "../words/words.ts";
import { errorPlace } from "./errorPlace.ts";
import type { Run, useSchema } from "./queryRun.ts";
import { RunClock } from "./RunClock.tsx";
import { SchemaList } from "./SchemaList.tsx";

const text = words.query;
const SqlEditor = lazy(async () => ({ default: (await import("./SqlEditor.tsx")).SqlEditor }));

interface EditorPanelProps {
  initialSql: string;
  /** As it stands. */
  sql: string;
  run: Run | null;
  /** Of the run under way, UTC ms. */
  startedAt: number | null;
  schema: ReturnType<typeof useSchema>;
  insertion: { text: string } | null;
  focusing: object | null;
  onInsert: (name: string) => void;
  onChange: (sql: string) => void;
  onRun: () => void;
  onCancel: () => void;
}

/** The editor, loaded when it is needed, with Run and Cancel under it. */
export function EditorPanel({
  initialSql,
  sql,
  run,
  startedAt,
  schema,
  insertion,
  focusing,
  onInsert,
  onChange,
  onRun,
  onCancel,
}: EditorPanelProps) {
  const runButton = useRef<HTMLButtonElement>(null);
  const error = useMemo(() => {
    if (run?.problem == null || run.sql !== sql) return null;
    const place = errorPlace(sql, run.problem.message);
    return place === null ? null : { place, message: run.problem.message };
  }, [run, sql]);
  const views = useMemo(() => schema.data ?? [], [schema.data]);
  return (
    <section className="panel editorPanel" aria-label={text.editorLabel}>
      <div className="editorRoom">
        <Suspense fallback={<Skeleton height="100%" />}>
          <SqlEditor
            initialSql={initialSql}
            views={views}
            onChange={onChange}
            onRun={onRun}
            onLeave={() => runButton.current?.focus()}
            error={error}
            insertion={insertion}
            focusing={focusing}
          />
        </Suspense>
      </div>
      <div className="editorBar">
        <Button
          ref={runButton}
          h="var(--c360-target)"
          leftSection={<IconPlayerPlay size={16} />}
          onClick={() => onRun()}
          disabled={sql.trim() === ""}
          aria-keyshortcuts="Meta+Enter Control+Enter"
        >
          {text.run}
          <kbd className="runKey" aria-hidden>
            ⌘↵
          </kbd>
        </Button>
        {startedAt !== null && (
          <>
            <Button variant="default" h="var(--c360-target)" onClick={onCancel}>
              {text.cancel}
            </Button>
            <RunClock startedAt={startedAt} />
          </>
        )}
        <SchemaDrawer schema={schema} onInsert={onInsert} />
      </div>
    </section>
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
