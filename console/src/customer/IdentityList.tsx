import { Button } from "@mantine/core";
import { countText } from "../parts/countText.ts";
import { SourceMark } from "../parts/SourceMark.tsx";
import { words } from "../words/words.ts";
import { CutButton, EdgeTold } from "./EdgeTold.tsx";
import { IdentifierText } from "./IdentifierText.tsx";
import type { Edge } from "./joins.ts";
import { type IdentityPicture, type SourceRecord, valueOf } from "./records.ts";
import { SharedDevices } from "./SharedDevices.tsx";
import { useSourceMarks } from "./sourceMarks.ts";

const text = words.customer.identity;

interface ListProps {
  picture: IdentityPicture;
  picked: readonly (string | null)[];
  onPick: (key: string) => void;
  onAsk: (a: string, b: string) => void;
  onTakeOut: (key: string) => void;
}

/** What the graph shows, in words. */
export function IdentityList({ picture, picked, onPick, onAsk, onTakeOut }: ListProps) {
  const { records, identifiers, active, refused, devices, devicesLeftOut } = picture;
  return (
    <div className="identityList">
      <h3>{text.identifiers}</h3>
      <ul>
        {identifiers.map(({ key, decision, reason, records: count }) => (
          <li key={key}>
            <div className="pickLine">
              <button type="button" className="pickRow" aria-pressed={picked.includes(key)} onClick={() => onPick(key)}>
                <IdentifierText value={key} />
                <span className="meta">
                  {decision === "ordinary"
                    ? count === 1
                      ? text.inOne
                      : text.inRecords(countText(count))
                    : text.decision[decision]}
                </span>
              </button>
              {decision === "ordinary" && identifiers.length > 1 && (
                <Button
                  variant="subtle"
                  size="xs"
                  h="var(--c360-target)"
                  aria-label={`${words.corrections.menu.takeOut} ${valueOf(key)}`}
                  onClick={() => onTakeOut(key)}
                  data-no-print
                >
                  {words.corrections.menu.takeOut}
                </Button>
              )}
            </div>
            {reason !== null && <p className="meta refusedReason">{reason}</p>}
          </li>
        ))}
      </ul>
      <h3>{text.record}</h3>
      <ul>
        {records.map((record) => (
          <RecordItem key={record.id} record={record} />
        ))}
      </ul>
      <SharedDevices devices={devices} leftOut={devicesLeftOut} />
      {active.length > 0 && <Evidence edges={active} onAsk={onAsk} />}
      {refused.length > 0 && <Refused edges={refused} />}
    </div>
  );
}

function RecordItem({ record: { source, links } }: { record: SourceRecord }) {
  const markOf = useSourceMarks();
  return (
    <li className="recordItem">
      <SourceMark {...markOf(source)} />
      <ul>
        {links.map(({ identifier, count }) => (
          <li key={identifier}>
            <IdentifierText value={identifier} />{" "}
            <span className="meta">
              {count === 0 ? text.alone : count === 1 ? text.oneEvent : text.events(countText(count))}
            </span>
          </li>
        ))}
      </ul>
    </li>
  );
}

const maxEvidence = 50;

/** Each piece of evidence that counts, with why it does and the way to cut it. */
function Evidence({ edges, onAsk }: { edges: readonly Edge[]; onAsk: (a: string, b: string) => void }) {
  return (
    <>
      <h3>{text.evidence}</h3>
      <ul>
        {edges.slice(0, maxEvidence).map((edge) => (
          <li key={`${edge.from} ${edge.to} ${edge.source} ${edge.rule}`} className="edgeItem">
            <IdentifierText value={edge.from} /> – <IdentifierText value={edge.to} />
            <EdgeTold edge={edge} />
            <div className="edgeActions" data-no-print>
              <Button variant="subtle" size="xs" h="var(--c360-target)" onClick={() => onAsk(edge.from, edge.to)}>
                {text.why.ask}
              </Button>
              <CutButton edge={edge} />
            </div>
          </li>
        ))}
      </ul>
      {edges.length > maxEvidence && <p className="meta">{text.folded(countText(edges.length - maxEvidence))}</p>}
    </>
  );
}

const maxRefused = 50;

function Refused({ edges }: { edges: readonly Edge[] }) {
  const markOf = useSourceMarks();
  return (
    <>
      <h3>{text.refusedTitle}</h3>
      <ul>
        {edges.slice(0, maxRefused).map((edge) => (
          <li key={`${edge.from} ${edge.to} ${edge.source} ${edge.rule}`} className="recordItem refusedEdge">
            <SourceMark {...markOf(edge.source)} />
            <div>
              <IdentifierText value={edge.from} /> – <IdentifierText value={edge.to} />
              <p className="meta">{edge.reason}</p>
            </div>
          </li>
        ))}
      </ul>
      {edges.length > maxRefused && <p className="meta">{text.folded(countText(edges.length - maxRefused))}</p>}
    </>
  );
}
