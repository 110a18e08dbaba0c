import { Button } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";
import { Panel } from "../parts/Panel.tsx";
import { Time } from "../parts/Time.tsx";
import { words } from "../words/words.ts";
import { type RulesList, useOlderRules } from "./rulesQueries.ts";

const text = words.rules;
const { versionColumns } = text;

/** Who published what, when and why; older ones a page at a time. */
export function VersionsPanel({ list }: { list: RulesList }) {
  const [after, setAfter] = useState<string | null>(null);
  const older = useOlderRules(after);
  const page = after === null ? list : (older.data ?? list);
  const settled = { data: page, error: after === null ? null : older.error, isPending: false, refetch: older.refetch };
  const { next } = page;
  return (
    <Panel title={text.versionsTitle} query={settled} height={0}>
      {({ items }) => (
        <>
          <Versions items={items} />
          {next !== null && (
            <Button variant="default" size="xs" h="var(--c360-target)" onClick={() => setAfter(next)}>
              {text.older}
            </Button>
          )}
        </>
      )}
    </Panel>
  );
}

function Versions({ items }: { items: RulesList["items"] }) {
  return (
    <table className="rulesTable">
      <thead>
        <tr>
          <th scope="col">{versionColumns.version}</th>
          <th scope="col">{versionColumns.when}</th>
          <th scope="col">{versionColumns.reason}</th>
        </tr>
      </thead>
      <tbody>
        {items.map(({ number, inForce, publishedAt, by, reason }) => (
          <tr key={number}>
            <th scope="row">
              <Link to={`/rules/${number}`} className="rulesVersion">
                {text.open(number)}
              </Link>
              {inForce && <span className="rulesHolds">{text.holds}</span>}
            </th>
            <td data-label={versionColumns.when}>
              {publishedAt !== null && <Time at={publishedAt} />}
              <span className="rulesBy">{by ?? text.nobodyPublished}</span>
            </td>
            <td data-label={versionColumns.reason}>{reason}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
