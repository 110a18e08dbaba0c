import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { Link } from "react-router";
import { countText } from "../parts/countText.ts";
import { PageHead } from "../parts/PageHead.tsx";
import { Panel } from "../parts/Panel.tsx";
import { SourceMark } from "../parts/SourceMark.tsx";
import { Time } from "../parts/Time.tsx";
import { words } from "../words/words.ts";
import { CreateSource } from "./CreateSource.tsx";
import { type SourceWithHealth, stateOf } from "./sourceHealth.ts";
import { useSources } from "./sourceQueries.ts";
import { StateWord } from "./StateWord.tsx";
import "../parts/table.css";
import "./sources.css";

const text = words.sources;
/** The head, and a source of each kind. */
const reservedHeight = 399;
const rowHeight = { wide: 53, phone: 129 };

/** Which feed is broken? */
export function SourcesPage() {
  const sources = useSources();
  const [isCreating, setCreating] = useState(false);
  const create = (
    <Button leftSection={<IconPlus size={16} />} h="var(--c360-target)" onClick={() => setCreating(true)}>
      {text.create}
    </Button>
  );
  return (
    <>
      <PageHead title={words.pages.sources} lead={text.lead} actions={create} />
      <Panel
        title={null}
        label={words.pages.sources}
        query={sources}
        height={reservedHeight}
        rowHeight={rowHeight}
        isEmpty={(items) => items.length === 0}
        empty={<Empty onCreate={() => setCreating(true)} />}
      >
        {(items) => <SourceTable items={items} />}
      </Panel>
      <CreateSource isOpen={isCreating} onClose={() => setCreating(false)} />
    </>
  );
}

function Empty({ onCreate }: { onCreate: () => void }) {
  return (
    <>
      <p className="stateTitle">{text.emptyTitle}</p>
      <p>{text.empty}</p>
      <Button variant="default" h="var(--c360-target)" onClick={onCreate}>
        {text.create}
      </Button>
    </>
  );
}

function SourceTable({ items }: { items: SourceWithHealth[] }) {
  const { columns } = text;
  return (
    <table className="plainTable sourcesTable">
      <thead>
        <tr>
          <th scope="col">{columns.source}</th>
          <th scope="col">{columns.state}</th>
          <th scope="col">{columns.last}</th>
          <th scope="col" className="end">
            {columns.rate}
          </th>
          <th scope="col" className="end">
            {columns.rejected}
          </th>
        </tr>
      </thead>
      <tbody>
        {items.map((source) => (
          <SourceRow key={source.id} source={source} />
        ))}
      </tbody>
    </table>
  );
}

function SourceRow({ source }: { source: SourceWithHealth }) {
  const { id, name, kind, health } = source;
  const { accepted, rejected } = health.last5Minutes;
  return (
    <tr>
      <td>
        <div className="namedCell">
          <Link to={`/sources/${id}`}>
            <SourceMark kind={kind} label={name} />
          </Link>
          {id !== name && <span className="meta mono">{id}</span>}
        </div>
      </td>
      <td>
        <StateWord state={stateOf(source, Date.now())} />
      </td>
      <td data-label={text.columns.last}>
        <Time at={health.lastEventAt} />
      </td>
      <td className="end numbers" data-label={text.columns.rate}>
        {countText(accepted)}
      </td>
      <td className={`end numbers ${(rejected ?? 0) > 0 ? "bad" : ""}`} data-label={text.columns.rejected}>
        {rejected === null ? <span className="dimmed">{text.unknown}</span> : countText(rejected)}
      </td>
    </tr>
  );
}
