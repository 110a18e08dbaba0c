import { UnstyledButton } from "@mantine/core";
import { PanelStates } from "../parts/Panel.tsx";
import { words } from "../words/words.ts";
import type { useSchema } from "./queryRun.ts";

const reservedHeight = 180;

/** The views and their columns; a click inserts the name into the query. */
export function SchemaList({
  schema,
  onInsert,
}: {
  schema: ReturnType<typeof useSchema>;
  onInsert: (name: string) => void;
}) {
  return (
    <PanelStates query={schema} height={reservedHeight}>
      {(views) =>
        views.map(({ name, columns }) => (
          <details key={name} className="schemaView" open={name === "events"}>
            <summary>{name}</summary>
            <ul>
              <li>
                <SchemaName name={name} type="view" onInsert={onInsert} />
              </li>
              {columns.map((column) => (
                <li key={column.name}>
                  <SchemaName name={column.name} type={column.type} onInsert={onInsert} />
                </li>
              ))}
            </ul>
          </details>
        ))
      }
    </PanelStates>
  );
}

function SchemaName({ name, type, onInsert }: { name: string; type: string; onInsert: (name: string) => void }) {
  return (
    <UnstyledButton className="schemaName" onClick={() => onInsert(name)} title={words.query.insert(name)}>
      <span className="cut">{name}</span>
      <span className="meta">{type.toLowerCase()}</span>
    </UnstyledButton>
  );
}
