import { Anchor } from "@mantine/core";
import { Link } from "react-router";
import { fieldName } from "../customers/matchText.ts";
import { CopyId } from "../parts/CopyId.tsx";
import { Panel } from "../parts/Panel.tsx";
import { Time } from "../parts/Time.tsx";
import { words } from "../words/words.ts";
import { type LatestEvent, latestSql, useLatestEvents } from "./sourceQueries.ts";

const text = words.sources;
const pollMs = 5_000;
const reservedHeight = 180;

export function LatestEvents({ id }: { id: string }) {
  const latest = useLatestEvents(id, pollMs);
  const inQuery = (
    <Anchor component={Link} to="/query" state={{ sql: latestSql(id) }} size="sm">
      {text.latestQuery}
    </Anchor>
  );
  return (
    <Panel
      title={text.latestTitle}
      actions={inQuery}
      query={latest}
      height={reservedHeight}
      isEmpty={(events) => events.length === 0}
      empty={<p className="dimmed">{text.latestEmpty}</p>}
    >
      {(events) => <EventTable events={events} />}
    </Panel>
  );
}

function EventTable({ events }: { events: LatestEvent[] }) {
  const { eventColumns } = text;
  return (
    <table className="plainTable">
      <thead>
        <tr>
          <th scope="col">{eventColumns.received}</th>
          <th scope="col">{eventColumns.event}</th>
          <th scope="col">{eventColumns.who}</th>
          <th scope="col">{eventColumns.message}</th>
        </tr>
      </thead>
      <tbody>
        {events.map(({ receivedAt, what, identifier, messageId }) => (
          <tr key={messageId}>
            <td>
              <Time at={receivedAt} />
            </td>
            <td>{what}</td>
            <td className="dimmed" data-label={eventColumns.who}>
              {identifier === null ? text.nobody : fieldName(identifier)}
            </td>
            <td>
              <CopyId id={messageId} what="message id" />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
