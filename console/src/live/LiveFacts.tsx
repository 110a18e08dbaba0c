import { IconAlertTriangle, IconCircleFilled, IconPlayerPause, IconPlugConnectedX } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { countText } from "../parts/countText.ts";
import { Time } from "../parts/Time.tsx";
import { words } from "../words/words.ts";
import type { LiveView } from "./liveStore.ts";
import { rateNow, rateText, sum } from "./rateText.ts";
import { Sparkline } from "./Sparkline.tsx";
import { useLastEvent } from "./useLastEvent.ts";

const text = words.live;
const icons = {
  connecting: IconPlugConnectedX,
  open: IconCircleFilled,
  reconnecting: IconPlugConnectedX,
  closed: IconAlertTriangle,
  paused: IconPlayerPause,
};

/** How much flows now and lately, and whether this is now. */
export function LiveFacts({ view, isPaused }: { view: LiveView; isPaused: boolean }) {
  const { rates, connection, skipped } = view;
  const latest = rates.at(-1);
  const sampled = connection === "open" ? latest?.sampled : null;
  const lastEventAt = useLastEvent(rates);
  const refused = sum(rates, "rejected");
  return (
    <section className="panel liveFacts" aria-label={text.sparkTitle}>
      <Connection state={connection === "open" && isPaused ? "paused" : connection} />
      <dl className="liveNumbers numbers">
        <Fact label={text.facts.rate}>
          <span data-testid="rate">{latest === undefined ? text.unknown : rateText(rateNow(rates))}</span>
        </Fact>
        <Fact label={text.facts.pending}>
          <span title={text.facts.pendingHint}>{latest === undefined ? text.unknown : countText(latest.pending)}</span>
        </Fact>
        <Fact label={text.facts.refused}>
          <span className={refused > 0 ? "bad" : ""}>{latest === undefined ? text.unknown : countText(refused)}</span>
        </Fact>
        <Fact label={text.facts.joined}>{latest === undefined ? text.unknown : countText(sum(rates, "joined"))}</Fact>
        <Fact label={text.facts.last}>
          <Time at={lastEventAt} />
        </Fact>
      </dl>
      <Sparkline rates={rates} />
      <p className="liveNote meta" role="status">
        {connection === "reconnecting" && text.reconnectingHint}
        {sampled != null && (
          <span title={text.sampledHint}>
            <strong>{text.sampled(countText(sampled.shown), countText(sampled.of))}</strong>. {text.sampledHint}
          </span>
        )}
        {sampled == null && skipped !== null && (
          <span>{skipped.records === null ? text.skippedUnknown : text.skipped(countText(skipped.records))}</span>
        )}
      </p>
    </section>
  );
}

function Connection({ state }: { state: keyof typeof icons }) {
  const Icon = icons[state];
  return (
    <span className={`liveConnection ${state}`} role="status">
      <Icon size={state === "open" ? 10 : 16} aria-hidden />
      {text.connection[state]}
    </span>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
