import { Button } from "@mantine/core";
import { Link } from "react-router";
import { words } from "../words/words.ts";
import { latestEventsSql } from "./examples.ts";

const text = words.query;

/** Why a query may have met nothing, and the ways on: back into it, or to what there is. */
export function NoRows({ sql, onEdit }: { sql: string; onEdit: () => void }) {
  const isNothingYet = sql.trim() === latestEventsSql;
  return (
    <div className="stateBox">
      <p className="stateTitle">{text.noRows}</p>
      <p className="dimmed">{isNothingYet ? text.nothingYet : text.noRowsWhy}</p>
      <div className="noRowsWays">
        <Button variant="default" h="var(--c360-target)" onClick={onEdit}>
          {text.editQuery}
        </Button>
        {isNothingYet ? (
          <Link to="/sources">{text.toSources}</Link>
        ) : (
          <Link to="/query" state={{ sql: latestEventsSql }}>
            {text.latestEvents}
          </Link>
        )}
      </div>
    </div>
  );
}
