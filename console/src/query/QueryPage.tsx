import { useEffect } from "react";
import { Navigate, useLocation, useParams } from "react-router";
import { knownDrafts, newDraftId, saveDraft, useDrafts } from "./drafts.ts";
import { QueryWorkbench } from "./QueryWorkbench.tsx";
import "./query.css";

/** SQL that another page hands over: `<Link to="/query" state={{ sql }}>`. */
function handedSql(state: unknown): string | null {
  if (typeof state !== "object" || state === null || !("sql" in state)) return null;
  return typeof state.sql === "string" ? state.sql : null;
}

/** Answer my question. `/query` opens what was written last; the address of a draft stays its own. */
export function QueryPage() {
  const { id } = useParams();
  const { state, search } = useLocation();
  const sql = handedSql(state);
  if (id === undefined) {
    const target = sql === null ? (knownDrafts()[0]?.id ?? newDraftId()) : newDraftId();
    return <Navigate to={`/query/${target}${search}`} replace state={sql === null ? null : { sql }} />;
  }
  return <Draft key={id} id={id} handed={sql} />;
}

function Draft({ id, handed }: { id: string; handed: string | null }) {
  const drafts = useDrafts();
  const known = drafts.find((draft) => draft.id === id);
  useEffect(() => {
    if (known === undefined && handed !== null) saveDraft({ id, sql: handed, changedAt: Date.now() });
  }, [known, handed, id]);
  return <QueryWorkbench id={id} initialSql={known?.sql ?? handed ?? ""} drafts={drafts} />;
}
