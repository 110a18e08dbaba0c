import { countText } from "../parts/countText.ts";
import { absoluteTime } from "../parts/timeText.ts";
import { words } from "../words/words.ts";
import { IdentifierText } from "./IdentifierText.tsx";
import type { Identity } from "./joins.ts";

const text = words.customer.identity;
/** A device that a family shares changes hands often; the latest tell who has it now. */
const maxSpans = 20;

/** "Anna's until 3 May, then Ben's", for each shared device. */
export function SharedDevices({ devices, leftOut }: { devices: Identity["devices"]; leftOut: number }) {
  if (devices.length === 0) return null;
  return (
    <>
      <h3>{text.devices}</h3>
      <p className="meta">{text.devicesHint}</p>
      <ul>
        {devices.map(({ device, spans, spansLeftOut }) => (
          <li key={device} className="sharedDevice">
            <IdentifierText value={device} />
            <ol>
              {spans.slice(-maxSpans).map((span) => (
                <Span key={`${span.from}`} span={span} />
              ))}
            </ol>
            <Folded count={spansLeftOut + Math.max(0, spans.length - maxSpans)} />
          </li>
        ))}
      </ul>
      <Folded count={leftOut} />
    </>
  );
}

function Folded({ count }: { count: number }) {
  return count > 0 && <p className="meta">{text.folded(countText(count))}</p>;
}

function Span({ span: { from, until, login } }: { span: Identity["devices"][number]["spans"][number] }) {
  return (
    <li>
      {login === null ? <span className="dimmed">{text.nobodys}</span> : <IdentifierText value={login} />}{" "}
      <span className="meta">
        {from === null && until === null && text.throughout}
        {from !== null && until === null && (
          <>
            {text.why.since} <Moment at={from} />
          </>
        )}
        {until !== null && (
          <>
            {from === null ? text.until : text.thenUntil} <Moment at={until} />
          </>
        )}
      </span>
    </li>
  );
}

/** Whole: what matters is whether an event was before it. */
function Moment({ at }: { at: string }) {
  return (
    <time dateTime={at} className="numbers">
      {absoluteTime(Date.parse(at))}
    </time>
  );
}
