import { Tooltip } from "@mantine/core";
import { IconBan, IconCheck } from "@tabler/icons-react";
import type { StreamState } from "../api/stream.ts";
import { consentText } from "../parts/consentText.ts";
import { CopyId } from "../parts/CopyId.tsx";
import { countText } from "../parts/countText.ts";
import { PageHead } from "../parts/PageHead.tsx";
import { Time } from "../parts/Time.tsx";
import { absoluteTime } from "../parts/timeText.ts";
import { words } from "../words/words.ts";
import { CustomerActions } from "./CustomerActions.tsx";
import type { Profile } from "./customerQueries.ts";
import { spendTexts } from "./spendTexts.ts";
import { displayNameOf } from "./who.ts";

const text = words.customer;

/** Who, may I write, how much, when last. */
export function CustomerHead({ profile, live }: { profile: Profile; live: StreamState }) {
  return (
    <div className="customerHead">
      <PageHead title={displayNameOf(profile)} actions={<CustomerActions profile={profile} />} />
      <div className="customerFacts">
        <CopyId id={profile.id} what={text.id} />
        <Consents profile={profile} />
        <Figures profile={profile} />
        <span role="status" className={live === "open" ? "liveWord on" : "liveWord"} data-no-print>
          {live === "open" ? text.live : live === "connecting" ? "" : text.liveOff}
        </span>
      </div>
    </div>
  );
}

function Figures({ profile: { computed, lastSeenAt } }: { profile: Profile }) {
  const orders = computed?.orderCount ?? 0;
  return (
    <>
      {spendTexts(computed).map((spend) => (
        <span key={spend} className="numbers">
          <span className="dimmed">{text.spend}</span> <strong>{spend}</strong>
        </span>
      ))}
      <span className="numbers">{orders === 1 ? text.oneOrder : text.orders(countText(orders))}</span>
      <span>
        <span className="dimmed">{text.lastSeen}</span> <Time at={lastSeenAt ?? null} />
      </span>
    </>
  );
}

function Consents({ profile: { consents = {} } }: { profile: Profile }) {
  const known = Object.entries(consents);
  if (known.length === 0) return <span className="dimmed">{text.noConsents}</span>;
  return (
    <ul className="consents" aria-label={text.consents}>
      {known.map(([name, { status, source, occurredAt }]) => (
        <li key={name} className={`consent ${status}`}>
          <Tooltip label={text.consentFrom(source, absoluteTime(Date.parse(occurredAt)))}>
            <span tabIndex={0} className="consentText">
              {status === "granted" ? <IconCheck size={14} aria-hidden /> : <IconBan size={14} aria-hidden />}
              {consentText(name)} {status === "granted" ? text.granted : text.denied}
            </span>
          </Tooltip>
        </li>
      ))}
    </ul>
  );
}
