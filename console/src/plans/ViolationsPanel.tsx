import { NativeSelect, SegmentedControl } from "@mantine/core";
import { Link, useSearchParams } from "react-router";
import { countText } from "../parts/countText.ts";
import type { JsonDocument } from "../parts/jsonDocument.ts";
import { NextPage } from "../parts/NextPage.tsx";
import { Panel } from "../parts/Panel.tsx";
import { Time } from "../parts/Time.tsx";
import { words } from "../words/words.ts";
import { type PlanViolation, usePlanVersions, useViolations, type ViolationsWanted } from "./planQueries.ts";
import { kindText, refuses, whereText } from "./planText.ts";

const text = words.plans.violations;
const reservedHeight = 240;
const rowHeight = { wide: 53, phone: 190 };

/** How calls broke the plan, counted, with the latest of them. The address holds version and order. */
export function ViolationsPanel({ source, document }: { source: string; document: JsonDocument | null }) {
  const [search, setSearch] = useSearchParams();
  const wanted = wantedOf(search);
  const violations = useViolations(source, wanted);
  const rows = violations.data?.pages.flatMap(({ items }) => items);
  const set = (name: string, value: string | null): void => {
    const next = new URLSearchParams(search);
    if (value === null) next.delete(name);
    else next.set(name, value);
    setSearch(next, { replace: true, preventScrollReset: true });
  };
  return (
    <Panel
      title={text.title}
      actions={<Filters source={source} wanted={wanted} onChange={set} />}
      query={{ ...violations, data: rows }}
      height={reservedHeight}
      rowHeight={rowHeight}
      isEmpty={(all) => all.length === 0}
      empty={<Empty source={source} version={wanted.version} document={document} />}
    >
      {(all) => (
        <>
          <p className="meta planLead">
            {text.lead} {refuses(document) && <ToRejects source={source} />}
          </p>
          <Violations source={source} rows={all} />
          <NextPage query={violations} label={text.more} />
        </>
      )}
    </Panel>
  );
}

/** What the address asks for; anything else in it is nothing. */
function wantedOf(search: URLSearchParams): ViolationsWanted {
  const version = search.get("version") ?? "";
  return {
    version: /^[1-9]\d{0,8}$/.test(version) ? Number(version) : null,
    order: search.get("order") === "frequent" ? "frequent" : "newest",
  };
}

interface FiltersProps {
  source: string;
  wanted: ViolationsWanted;
  onChange: (name: string, value: string | null) => void;
}

function Filters({ source, wanted: { version, order }, onChange }: FiltersProps) {
  const known =
    usePlanVersions(source).data?.pages.flatMap(({ items }) => items.map(({ version: each }) => each)) ?? [];
  const versions = version === null || known.includes(version) ? known : [version, ...known];
  return (
    <div className="planFilters">
      <NativeSelect
        aria-label={text.version}
        data={[
          { value: "", label: text.anyVersion },
          ...versions.map((each) => ({ value: String(each), label: words.document.open(each) })),
        ]}
        value={version === null ? "" : String(version)}
        onChange={({ currentTarget: { value } }) => onChange("version", value === "" ? null : value)}
      />
      <SegmentedControl
        size="xs"
        aria-label={text.order}
        data={(["newest", "frequent"] as const).map((value) => ({ value, label: text.orders[value] }))}
        value={order}
        onChange={(value) => onChange("order", value === "frequent" ? value : null)}
      />
    </div>
  );
}

function ToRejects({ source }: { source: string }) {
  return (
    <>
      {text.rejected} <Link to={`/rejects?source=${encodeURIComponent(source)}`}>{text.toRejects}</Link>
    </>
  );
}

interface EmptyProps {
  source: string;
  version: number | null;
  document: JsonDocument | null;
}

function Empty({ source, version, document }: EmptyProps) {
  return (
    <>
      <p className="stateTitle">{version === null ? text.empty : text.emptyVersion(version)}</p>
      {document !== null && <p>{text.emptyHint}</p>}
      {refuses(document) && (
        <p>
          <ToRejects source={source} />
        </p>
      )}
    </>
  );
}

function Violations({ source, rows }: { source: string; rows: readonly PlanViolation[] }) {
  const { columns } = text;
  return (
    <table className="plainTable violationsTable">
      <thead>
        <tr>
          <th scope="col">{columns.event}</th>
          <th scope="col">{columns.kind}</th>
          <th scope="col" className="end">
            {columns.calls}
          </th>
          <th scope="col">{columns.first}</th>
          <th scope="col">{columns.last}</th>
          <th scope="col">{columns.samples}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row key={JSON.stringify([row.version, row.type, row.event, row.path, row.kind])} source={source} row={row} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ source, row }: { source: string; row: PlanViolation }) {
  const { columns } = text;
  const { version, type, event, kind, count, firstAt, lastAt, samples } = row;
  return (
    <tr>
      <td>
        <strong>{event ?? type}</strong>
        <span className="planTold">{words.document.open(version)}</span>
      </td>
      <td>
        {kindText(kind)}
        <span className="planTold mono">{whereText(row)}</span>
      </td>
      <td className="end numbers" data-label={columns.calls}>
        {countText(count)}
      </td>
      <td data-label={columns.first}>
        <Time at={firstAt} />
      </td>
      <td data-label={columns.last}>
        <Time at={lastAt} />
      </td>
      <td>
        <ul className="planSamples" aria-label={columns.samples}>
          {samples.map((messageId) => (
            <li key={messageId}>
              <SampleLink source={source} messageId={messageId} />
            </li>
          ))}
        </ul>
      </td>
    </tr>
  );
}

/** To the event itself: what was sent, what was made of it, or why it was refused. */
export function SampleLink({ source, messageId }: { source: string; messageId: string }) {
  const search = new URLSearchParams({ open: `${source} ${messageId}` });
  return (
    <Link className="planSample mono" to={`/live?${search.toString()}`} title={text.sample(messageId)}>
      {messageId}
    </Link>
  );
}
