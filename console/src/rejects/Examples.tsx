import { words } from "../words/words.ts";
import { callChanges } from "./changes.ts";
import type { Replay } from "./rejectQueries.ts";

const text = words.rejects;

/** Calls before and after, those that would be taken first. */
export function Examples({ examples }: { examples: Replay["examples"] }) {
  if (examples.length === 0) return null;
  const sorted = [...examples].sort((one, other) => Number(one.reason !== null) - Number(other.reason !== null));
  return (
    <>
      <h3 className="rejectHead">{text.examples}</h3>
      <ul className="exampleList">
        {sorted.map((example, index) => (
          <li key={example.messageId}>
            <Example example={example} isOpen={index === 0} />
          </li>
        ))}
      </ul>
    </>
  );
}

function Example({ example, isOpen }: { example: Replay["examples"][number]; isOpen: boolean }) {
  const { messageId, before, after, reason } = example;
  const changes = callChanges(before, after);
  return (
    <details open={isOpen}>
      <summary>
        <span className="mono">{messageId}</span>{" "}
        <span className={reason === null ? "good" : "bad"}>{reason === null ? text.taken : text.notTaken}</span>
      </summary>
      {reason !== null && <p className="exampleReason">{reason.message}</p>}
      {changes.length === 0 ? <p className="dimmed">{text.unchanged}</p> : <Changes changes={changes} />}
    </details>
  );
}

function Changes({ changes }: { changes: ReturnType<typeof callChanges> }) {
  const { changeColumns } = text;
  return (
    <table className="plainTable changesTable">
      <thead>
        <tr>
          <th scope="col">{changeColumns.field}</th>
          <th scope="col">{changeColumns.before}</th>
          <th scope="col">{changeColumns.after}</th>
        </tr>
      </thead>
      <tbody>
        {changes.map(({ path, before, after }) => (
          <tr key={path}>
            <td className="mono">{path}</td>
            <td data-label={changeColumns.before}>
              <Value value={before} />
            </td>
            <td data-label={changeColumns.after}>
              <Value value={after} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Value({ value }: { value: unknown }) {
  if (value === undefined) return <span className="dimmed">{text.absent}</span>;
  return <span className="mono">{JSON.stringify(value)}</span>;
}
