import { Button, NativeSelect, SegmentedControl } from "@mantine/core";
import { Link, useParams, useSearchParams } from "react-router";
import { reasonText } from "../live/refusals.ts";
import { countText } from "../parts/countText.ts";
import { NextPage } from "../parts/NextPage.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { Panel } from "../parts/Panel.tsx";
import { SourceMark } from "../parts/SourceMark.tsx";
import { Time } from "../parts/Time.tsx";
import { useSources } from "../sources/sourceQueries.ts";
import { words } from "../words/words.ts";
import { CausePage } from "./CausePage.tsx";
import { eventText } from "./causeText.ts";
import { type Cause, type CausesWanted, useCauses } from "./rejectQueries.ts";
import "../parts/table.css";
import "./rejects.css";

const text = words.rejects;
const reservedHeight = 399;
const rowHeight = { wide: 53, phone: 165 };

/** What is refused, and why? */
export function RejectsPage() {
  const { cause } = useParams();
  return cause === undefined ? <Causes /> : <CausePage key={cause} id={cause} />;
}

function Causes() {
  const [search, setSearch] = useSearchParams();
  const wanted: CausesWanted = {
    source: search.get("source"),
    state: search.get("state") === "all" ? "all" : "open",
  };
  const causes = useCauses(wanted);
  const items = causes.data?.pages.flatMap((page) => page.items);
  const change = (changed: Partial<CausesWanted>): void =>
    setSearch(addressOf({ ...wanted, ...changed }), { replace: true });
  return (
    <>
      <PageHead title={words.pages.rejects} lead={text.lead} />
      <Filters wanted={wanted} onChange={change} />
      <Panel
        title={null}
        label={words.pages.rejects}
        query={{ ...causes, data: items }}
        height={reservedHeight}
        rowHeight={rowHeight}
        isEmpty={(all) => all.length === 0}
        empty={<Nothing wanted={wanted} onAll={() => change({ state: "all" })} />}
      >
        {(all) => (
          <>
            <CauseTable causes={all} />
            <NextPage query={causes} label={text.more} />
          </>
        )}
      </Panel>
    </>
  );
}

function addressOf({ source, state }: CausesWanted): URLSearchParams {
  return new URLSearchParams({ ...(source === null ? {} : { source }), ...(state === "open" ? {} : { state }) });
}

function Filters({ wanted, onChange }: { wanted: CausesWanted; onChange: (changed: Partial<CausesWanted>) => void }) {
  const sources = useSources().data ?? [];
  const names = sources.map(({ id, name }) => ({ value: id, label: name }));
  const { source } = wanted;
  if (source !== null && !names.some(({ value }) => value === source)) names.push({ value: source, label: source });
  return (
    <div className="rejectFilters">
      <SegmentedControl
        aria-label={text.states.label}
        data={(["open", "all"] as const).map((value) => ({ value, label: text.states[value] }))}
        value={wanted.state}
        onChange={(value) => onChange({ state: value === "all" ? "all" : "open" })}
      />
      <NativeSelect
        aria-label={text.source}
        value={source ?? ""}
        data={[{ value: "", label: text.anySource }, ...names]}
        onChange={({ currentTarget: { value } }) => onChange({ source: value === "" ? null : value })}
      />
    </div>
  );
}

function Nothing({ wanted, onAll }: { wanted: CausesWanted; onAll: () => void }) {
  return (
    <>
      <p className="stateTitle">{wanted.state === "open" ? text.emptyTitle : text.noneTitle}</p>
      <p>{text.empty}</p>
      {wanted.state === "open" && (
        <Button variant="default" h="var(--c360-target)" onClick={onAll}>
          {text.showAll}
        </Button>
      )}
    </>
  );
}

function CauseTable({ causes }: { causes: readonly Cause[] }) {
  const { columns } = text;
  return (
    <table className="plainTable causesTable">
      <thead>
        <tr>
          <th scope="col">{columns.cause}</th>
          <th scope="col">{columns.source}</th>
          <th scope="col">{columns.event}</th>
          <th scope="col" className="end">
            {columns.open}
          </th>
          <th scope="col" className="end">
            {columns.count}
          </th>
          <th scope="col">{columns.last}</th>
        </tr>
      </thead>
      <tbody>
        {causes.map((cause) => (
          <CauseRow key={cause.id} cause={cause} />
        ))}
      </tbody>
    </table>
  );
}

function CauseRow({ cause }: { cause: Cause }) {
  const source = useSources().data?.find(({ id }) => id === cause.source);
  const { columns } = text;
  return (
    <tr>
      <td>
        <div className="namedCell">
          <Link to={`/rejects/${encodeURIComponent(cause.id)}`}>{reasonText(cause.code)}</Link>
          {cause.field !== null && <span className="meta mono">{cause.field}</span>}
        </div>
      </td>
      <td>
        <SourceMark kind={source?.kind ?? ""} label={source?.name ?? cause.source} />
      </td>
      <td data-label={columns.event}>{eventText(cause)}</td>
      <td className={`end numbers ${cause.open > 0 ? "bad" : ""}`} data-label={columns.open}>
        {countText(cause.open)}
      </td>
      <td className="end numbers" data-label={columns.count}>
        {countText(cause.count)}
      </td>
      <td data-label={columns.last}>
        <Time at={cause.lastAt} />
      </td>
    </tr>
  );
}
