import { useWhy } from "../customer/customerQueries.ts";
import { traitLabel, traitText } from "../customer/traitText.ts";
import { displayNameOf } from "../customer/who.ts";
import { countText } from "../parts/countText.ts";
import { PanelStates } from "../parts/Panel.tsx";
import { words } from "../words/words.ts";
import { compared } from "./compare.ts";
import type { PersonSeen } from "./correctionQueries.ts";

const text = words.corrections;
const maxRows = 8;
const reservedHeight = 72;

interface CompareProps {
  one: PersonSeen;
  other: PersonSeen;
  /** The identifiers that are spoken of. */
  pair: { a: string; b: string };
}

/** Why two may be one: what is known of both side by side, and the evidence between them. */
export function CompareView({ one, other, pair }: CompareProps) {
  const why = useWhy(pair);
  const rows = compared(one, other);
  return (
    <>
      <h3>{text.compare.title}</h3>
      {rows.every(({ is }) => is === "single") && <p className="meta">{text.compare.none}</p>}
      {rows.length > 0 && (
        <div className="compareScroller" tabIndex={0} role="region" aria-label={text.compare.title}>
          <table className="compareTable">
            <thead>
              <tr>
                <th scope="col">{text.compare.field}</th>
                <th scope="col">
                  <bdi>{displayNameOf(one.profile)}</bdi>
                </th>
                <th scope="col">
                  <bdi>{displayNameOf(other.profile)}</bdi>
                </th>
                <th scope="col">
                  <span className="visuallyHidden">{text.compare.title}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.slice(0, maxRows).map(({ name, one: left, other: right, is }) => (
                <tr key={name} className={is}>
                  <th scope="row">{traitLabel(name)}</th>
                  <td>{left === null ? "—" : <bdi>{traitText(left.value)}</bdi>}</td>
                  <td>{right === null ? "—" : <bdi>{traitText(right.value)}</bdi>}</td>
                  <td>
                    <Sign is={is} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {rows.length > maxRows && <p className="meta">{text.more(countText(rows.length - maxRows))}</p>}
      <h3>{text.compare.evidence}</h3>
      <PanelStates query={why} height={reservedHeight}>
        {({ explanation }) => <p>{explanation}</p>}
      </PanelStates>
    </>
  );
}

function Sign({ is }: { is: "same" | "differs" | "single" }) {
  if (is === "single") return <span className="meta">{text.compare.one}</span>;
  return is === "same" ? (
    <span className="sign same">= {text.compare.same}</span>
  ) : (
    <span className="sign differs">≠ {text.compare.close}</span>
  );
}
