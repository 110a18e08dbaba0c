import { ActionIcon, Drawer, SegmentedControl } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { Link } from "react-router";
import { api } from "../api/client.ts";
import { refusalOf } from "../api/problem.ts";
import type { components } from "../api/openApi.d.ts";
import { CopyId } from "../parts/CopyId.tsx";
import { countText } from "../parts/countText.ts";
import { PanelStates } from "../parts/Panel.tsx";
import { SourceMark } from "../parts/SourceMark.tsx";
import { Time } from "../parts/Time.tsx";
import { kindText } from "../plans/planText.ts";
import { useSources } from "../sources/sourceQueries.ts";
import { words } from "../words/words.ts";
import { JoinedWhom } from "./JoinedWhom.tsx";
import { MappedEvent } from "./MappedEvent.tsx";
import type { OpenedEvent } from "./openEvent.ts";
import { Outcome } from "./Outcome.tsx";
import { asText } from "./refusals.ts";
import { RefusedCall } from "./RefusedCall.tsx";
import type { LiveRow } from "./rows.ts";

export type Fate = components["schemas"]["Fate"];

const text = words.live.details;
const pendingPollMs = 1_000;
const reservedHeight = 320;

export const fateKey = ({ source, messageId }: OpenedEvent) => ["fate", source, messageId] as const;

interface EventDetailsProps {
  opened: OpenedEvent;
  /** As the stream told it; null where it has left the list, or never was there. */
  row: LiveRow | null;
  isPhone: boolean;
  onClose: () => void;
}

/** One event: as it was sent, what was made of it, whom it is of, or why it was refused. Beside the list; over it on a phone. */
export function EventDetails({ opened, row, isPhone, onClose }: EventDetailsProps) {
  const fate = useQuery({
    queryKey: fateKey(opened),
    queryFn: ({ signal }) =>
      api.get("/api/events/{messageId}", {
        path: { messageId: opened.messageId },
        query: { source: opened.source },
        signal,
      }),
    refetchInterval: ({ state }) => (state.data?.fate === "pending" ? pendingPollMs : false),
  });
  const isRefused = refusalOf(fate.error) !== null;
  const title = (isRefused ? null : (titleOf(fate.data) ?? row?.what)) ?? text.title;
  const panel = (
    <>
      <div className="panelHead">
        <h2>{title}</h2>
        <ActionIcon variant="subtle" color="gray" size="var(--c360-target)" onClick={onClose} aria-label={text.close}>
          <IconX size={18} />
        </ActionIcon>
      </div>
      {!isRefused && <Head opened={opened} row={row} fate={fate.data ?? null} />}
      <PanelStates query={fate} height={reservedHeight}>
        {(data) => <Body fate={data} row={row} />}
      </PanelStates>
    </>
  );
  if (!isPhone) {
    return (
      <section className="panel eventDetails" aria-label={text.title}>
        {panel}
      </section>
    );
  }
  // Without Mantine's own head, which is a second banner of the page to a screen reader.
  return <FromBelow onClose={onClose}>{panel}</FromBelow>;
}

function FromBelow({ onClose, children }: { onClose: () => void; children: ReactNode }) {
  return (
    <Drawer.Root opened onClose={onClose} position="bottom" size="90%">
      <Drawer.Overlay />
      <Drawer.Content aria-label={text.title}>
        <Drawer.Body className="eventDetails">{children}</Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  );
}

function Head({ opened, row, fate }: { opened: OpenedEvent; row: LiveRow | null; fate: Fate | null }) {
  const sources = useSources().data ?? [];
  const source = sources.find(({ id }) => id === opened.source);
  const status = fate === null ? (row?.status ?? null) : statusOf(fate.fate);
  return (
    <div className="detailsHead">
      {status !== null && (
        <Outcome row={{ status, join: row?.join ?? null, latencyMs: latencyOf(fate), reason: null, code: null }} />
      )}
      <SourceMark kind={source?.kind ?? row?.sourceKind ?? ""} label={source?.name ?? opened.source} />
      {fate !== null && (
        <span className="meta">
          {text.received} <Time at={fate.receivedAt} />
        </span>
      )}
      <CopyId id={opened.messageId} what={text.message} />
    </div>
  );
}

type Tab = keyof typeof text.tabs;
const tabs: Tab[] = ["joined", "mapped", "raw"];

function Body({ fate, row }: { fate: Fate; row: LiveRow | null }) {
  const [tab, setTab] = useState<Tab>("joined");
  if (fate.fate === "rejected") return <RefusedCall fate={fate} />;
  return (
    <>
      {fate.fate === "pending" && <p role="status">{text.pending}</p>}
      {fate.fate === "suppressed" && <p>{text.suppressed}</p>}
      {fate.duplicates > 0 && (
        <p className="meta">
          {text.duplicates(countText(fate.duplicates))} {fate.differs && text.differs}
        </p>
      )}
      <BrokenPlan fate={fate} />
      <SegmentedControl
        aria-label={text.tabsLabel}
        fullWidth
        size="sm"
        data={tabs.map((value) => ({ value, label: text.tabs[value] }))}
        value={tab}
        onChange={(value) => setTab(tabs.find((each) => each === value) ?? "raw")}
        mb={12}
      />
      {tab === "raw" && <pre className="code">{asText(fate.event)}</pre>}
      {tab === "mapped" && <MappedEvent fate={fate} />}
      {tab === "joined" && <JoinedWhom fate={fate} row={row} />}
    </>
  );
}

/** How it broke its source's tracking plan, where it was taken all the same. */
function BrokenPlan({ fate: { source, planViolations } }: { fate: Fate }) {
  if (planViolations === null) return null;
  return (
    <div className="brokenPlan">
      <p>
        <Link to={`/sources/${source}/plan`}>{words.plans.brokePlan(planViolations.version)}</Link>
      </p>
      <ul>
        {planViolations.violations.map(({ kind, path }) => (
          <li key={`${kind} ${path}`}>
            {kindText(kind)} <span className="mono">{path === "" ? words.plans.violations.whole : path}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function titleOf(fate: Fate | undefined): string | null {
  if (fate === undefined || typeof fate.event === "string") return null;
  const { event, name, type } = fate.event;
  const named = [event, name, type].find((value) => typeof value === "string" && value !== "");
  return typeof named === "string" ? named : null;
}

function statusOf(fate: Fate["fate"]): LiveRow["status"] {
  if (fate === "pending") return "accepted";
  return fate === "suppressed" ? null : fate;
}

function latencyOf(fate: Fate | null): number | null {
  if (fate?.processedAt == null) return null;
  return Math.max(0, Date.parse(fate.processedAt) - Date.parse(fate.receivedAt));
}
