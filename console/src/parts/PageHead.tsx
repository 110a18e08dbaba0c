import { type ReactNode, useEffect } from "react";
import { words } from "../words/words.ts";
import "./parts.css";

/** The h1 of a page, which also names the tab. `actions`: at most one of them primary. */
export function PageHead({ title, lead, actions }: { title: string; lead?: ReactNode; actions?: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · ${words.product}`;
  }, [title]);
  return (
    <div className="pageHead">
      <div style={{ minInlineSize: 0 }}>
        <h1 tabIndex={-1}>{title}</h1>
        {lead !== undefined && <p>{lead}</p>}
      </div>
      {actions !== undefined && <div className="pageActions">{actions}</div>}
    </div>
  );
}
