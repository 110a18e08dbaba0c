import type { ReactNode } from "react";
import { Link } from "react-router";
import { words } from "../words/words.ts";
import { Panel, type PanelQuery } from "./Panel.tsx";
import { Time } from "./Time.tsx";
import "./document.css";

const text = words.document;
const { versionColumns } = text;

/** A version of a document, in lists. */
export interface VersionRow {
  number: number;
  inForce: boolean;
  publishedAt: string | null;
  /** Id of the token; null: nobody's. */
  by: string | null;
  reason: string | null;
  /** Where it is shown. */
  to: string;
}

interface VersionsProps {
  title: string;
  query: PanelQuery<readonly VersionRow[]>;
  /** Of the skeleton. */
  height: number;
  /** At their end: the way to those before. */
  older: ReactNode;
}

/** Who published what, when and why. */
export function VersionsPanel({ title, query, height, older }: VersionsProps) {
  return (
    <Panel title={title} query={query} height={height}>
      {(rows) => (
        <>
          <Versions rows={rows} />
          {older}
        </>
      )}
    </Panel>
  );
}

function Versions({ rows }: { rows: readonly VersionRow[] }) {
  return (
    <table className="documentTable">
      <thead>
        <tr>
          <th scope="col">{versionColumns.version}</th>
          <th scope="col">{versionColumns.when}</th>
          <th scope="col">{versionColumns.reason}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ number, inForce, publishedAt, by, reason, to }) => (
          <tr key={number}>
            <th scope="row">
              <Link to={to} className="versionLink">
                {text.open(number)}
              </Link>
              {inForce && <span className="versionHolds">{text.holds}</span>}
            </th>
            <td data-label={versionColumns.when}>
              {publishedAt !== null && <Time at={publishedAt} />}
              <span className="versionBy">{by ?? text.nobodyPublished}</span>
            </td>
            <td data-label={versionColumns.reason}>{reason}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
