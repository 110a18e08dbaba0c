import { words } from "../words/words.ts";
import type { Change } from "./documentChanges.ts";
import { changeText } from "./changeText.ts";
import "./document.css";

const { changeColumns } = words.document;

/** A row a field. */
export function ChangesTable({ changes }: { changes: readonly Change[] }) {
  return (
    <table className="documentTable">
      <thead>
        <tr>
          <th scope="col">{changeColumns.field}</th>
          <th scope="col">{changeColumns.before}</th>
          <th scope="col">{changeColumns.after}</th>
        </tr>
      </thead>
      <tbody>
        {changes.map((change) => {
          const { before, after } = changeText(change);
          return (
            <tr key={change.path}>
              <th scope="row" className="mono">
                {change.path}
              </th>
              <td data-label={changeColumns.before}>{before}</td>
              <td data-label={changeColumns.after}>{after}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
