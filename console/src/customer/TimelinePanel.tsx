import { Button, SegmentedControl } from "@mantine/core";
import { useEffect, useMemo, useState } from "react";
import { useCustomerCorrections } from "../corrections/correctionQueries.ts";
import { NextPage } from "../parts/NextPage.tsx";
import { Panel } from "../parts/Panel.tsx";
import { SourceMark } from "../parts/SourceMark.tsx";
import { useKeys } from "../shell/useKeys.ts";
import { words } from "../words/words.ts";
import { type Profile, useIdentity, useTimeline } from "./customerQueries.ts";
import type { ViewControl } from "./customerView.ts";
import { EventDrawer } from "./EventDrawer.tsx";
import { joinsOf } from "./joins.ts";
import { useSourceMarks } from "./sourceMarks.ts";
import { TimelineList } from "./TimelineList.tsx";
import { type TimelineEvent, type TimelineRow, timelineRows } from "./timelineRows.ts";

const text = words.customer.timeline;
const reservedHeight = 540;
const nowEveryMs = 60_000;
/** Sources that have a key of their own: 1 to 7. */
const keyedSources = 7;

interface TimelineProps {
  profile: Profile;
  control: ViewControl;
}

/** Everything that came from this person, of all sources, newest first; what comes shows at once. */
export function TimelinePanel({ profile, control }: TimelineProps) {
  const { view, change } = control;
  const timeline = useTimeline(profile.id, view.source);
  const identity = useIdentity(profile.id);
  const said = useCustomerCorrections(profile.id);
  const now = useNow();
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const [shown, setShown] = useState<TimelineEvent | null>(null);
  const pages = timeline.data?.pages;
  const rows = useMemo(() => {
    const events = (pages ?? []).flatMap((page) => page.items);
    const joins = joinsOf(identity.data?.edges ?? []).filter((j) => view.source === null || j.source === view.source);
    // A person is no source: where one source is looked at, only what it sent is shown.
    const corrections = view.source === null ? (said.data ?? []) : [];
    return timelineRows({ events, joins, corrections, now, view: view.timeline, hasMore: timeline.hasNextPage, open });
  }, [pages, identity.data, said.data, now, view.timeline, view.source, timeline.hasNextPage, open]);
  const toggle = (key: string): void =>
    setOpen((known) =>
      known.has(key) ? new Set([...known].filter((each) => each !== key)) : new Set([...known, key]),
    );
  const { selected, select } = useTimelineKeys(rows, {
    control,
    sources: profile.sources ?? [],
    onOpen: (row) => (row.kind === "burst" ? toggle(row.key) : row.kind === "event" ? setShown(row.event) : undefined),
  });
  return (
    <Panel
      title={text.title}
      query={{ ...timeline, data: pages }}
      height={reservedHeight}
      actions={<ViewChoice view={view.timeline} onChange={(value) => change({ timeline: value })} />}
    >
      {() => (
        <>
          <SourceFilter sources={profile.sources ?? []} control={control} />
          {rows.length === 0 && <NoEvents control={control} />}
          <TimelineList rows={rows} selected={selected} onSelect={select} onToggle={toggle} onShow={setShown} />
          <Earlier timeline={timeline} hasRows={rows.length > 0} />
          <EventDrawer event={shown} onClose={() => setShown(null)} />
        </>
      )}
    </Panel>
  );
}

function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), nowEveryMs);
    return () => clearInterval(timer);
  }, []);
  return now;
}

interface KeyParts {
  control: ViewControl;
  sources: readonly string[];
  onOpen: (row: TimelineRow) => void;
}

/** J and K move over what can be opened, Enter opens it, A shows all, 1 to 7 one source. */
function useTimelineKeys(rows: readonly TimelineRow[], { control: { view, change }, sources, onOpen }: KeyParts) {
  const [selected, setSelected] = useState<string | null>(null);
  const stops = rows.filter(({ kind }) => kind === "event" || kind === "burst");
  const move = (by: number): boolean => {
    if (stops.length === 0) return false;
    const at = stops.findIndex(({ key }) => key === selected);
    const next = stops[at === -1 ? 0 : Math.min(stops.length - 1, Math.max(0, at + by))];
    setSelected(next?.key ?? null);
    return true;
  };
  const open = (): boolean => {
    const row = stops.find(({ key }) => key === selected);
    if (row === undefined || document.activeElement?.matches("a, button")) return false;
    onOpen(row);
    return true;
  };
  const sourceKeys = sources
    .slice(0, keyedSources)
    .map((source, index): [string, () => void] => [
      String(index + 1),
      () => change({ source: view.source === source ? null : source }),
    ]);
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    Enter: open,
    a: () => change({ timeline: view.timeline === "all" ? "milestones" : "all" }),
    ...Object.fromEntries(sourceKeys),
  });
  return { selected, select: setSelected };
}

interface ChoiceProps {
  view: "milestones" | "all";
  onChange: (view: "milestones" | "all") => void;
}

function ViewChoice({ view, onChange }: ChoiceProps) {
  return (
    <SegmentedControl
      size="xs"
      value={view}
      onChange={(value) => onChange(value === "all" ? "all" : "milestones")}
      data={[
        { value: "milestones", label: text.milestones },
        { value: "all", label: text.everything },
      ]}
      aria-label={text.view}
      data-no-print
    />
  );
}

function SourceFilter({ sources, control: { view, change } }: { sources: readonly string[]; control: ViewControl }) {
  const markOf = useSourceMarks();
  if (sources.length < 2 && view.source === null) return null;
  const shown = view.source === null || sources.includes(view.source) ? sources : [...sources, view.source];
  return (
    <div className="sourceFilter" role="group" aria-label={text.sources} data-no-print>
      {shown.map((source, index) => (
        <button
          type="button"
          key={source}
          className="sourceChip"
          aria-pressed={view.source === source}
          onClick={() => change({ source: view.source === source ? null : source })}
        >
          <SourceMark {...markOf(source)} />
          {index < keyedSources && (
            <kbd className="meta" aria-hidden>
              {index + 1}
            </kbd>
          )}
        </button>
      ))}
    </div>
  );
}

function NoEvents({ control: { view, change } }: { control: ViewControl }) {
  if (view.source === null) return <p className="dimmed">{text.empty}</p>;
  return (
    <div className="stateBox">
      <p>{text.emptySource}</p>
      <Button variant="default" h="var(--c360-target)" onClick={() => change({ source: null })}>
        {text.showAll}
      </Button>
    </div>
  );
}

function Earlier({ timeline, hasRows }: { timeline: ReturnType<typeof useTimeline>; hasRows: boolean }) {
  if (timeline.hasNextPage) return <NextPage query={timeline} label={text.earlier} className="timelineEnd" />;
  return hasRows ? <p className="meta timelineEnd">{text.begin}</p> : null;
}
