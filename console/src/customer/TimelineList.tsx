import { IconAlertTriangle, IconArrowMerge, IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { memo, useEffect, useRef } from "react";
import { TakeBack, useSayer, verdictIcons } from "../corrections/CorrectionItem.tsx";
import type { Correction } from "../corrections/correctionQueries.ts";
import { KeyText } from "../corrections/KeyText.tsx";
import { fieldName } from "../customers/matchText.ts";
import { moneyText } from "../parts/moneyText.ts";
import { SourceMark } from "../parts/SourceMark.tsx";
import { countText } from "../parts/countText.ts";
import { absoluteTime, durationText } from "../parts/timeText.ts";
import { words } from "../words/words.ts";
import { burstText, detailOf, moneyOf, titleOf } from "./eventText.ts";
import type { Join } from "./joins.ts";
import { typeOf, valueOf } from "./records.ts";
import { useSourceMarks } from "./sourceMarks.ts";
import { dayOf, type TimelineEvent, type TimelineRow } from "./timelineRows.ts";

const text = words.customer.timeline;
const dayMs = 86_400_000;

interface ListProps {
  rows: readonly TimelineRow[];
  selected: string | null;
  onSelect: (key: string) => void;
  onToggle: (key: string) => void;
  onShow: (event: TimelineEvent) => void;
}

export function TimelineList({ rows, selected, onSelect, onToggle, onShow }: ListProps) {
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    if (selected !== null) list.current?.querySelector(".selected")?.scrollIntoView({ block: "nearest" });
  }, [selected]);
  return (
    <ol className="timeline" ref={list}>
      {rows.map((row) => {
        if (row.kind === "day") return <DayHead key={row.key} at={row.at} />;
        if (row.kind === "silence") return <Silence key={row.key} days={row.days} untilNow={row.untilNow} />;
        if (row.kind === "join") return <JoinRow key={row.key} join={row.join} />;
        if (row.kind === "correction") return <CorrectionRow key={row.key} correction={row.correction} />;
        return (
          <li key={row.key} className={selected === row.key ? "selected" : ""}>
            {row.kind === "burst" ? (
              <BurstRow row={row} onPress={() => (onSelect(row.key), onToggle(row.key))} />
            ) : (
              <EventRow row={row} onPress={() => (onSelect(row.key), onShow(row.event))} />
            )}
          </li>
        );
      })}
    </ol>
  );
}

function DayHead({ at }: { at: number }) {
  const now = Date.now();
  const name =
    dayOf(at) === dayOf(now)
      ? text.today
      : dayOf(at) === dayOf(now - dayMs)
        ? text.yesterday
        : new Intl.DateTimeFormat(undefined, {
            weekday: "short",
            day: "numeric",
            month: "long",
            year: "numeric",
          }).format(at);
  return (
    <li className="dayHead">
      <h3>{name}</h3>
    </li>
  );
}

function Silence({ days, untilNow }: { days: number; untilNow: boolean }) {
  return <li className="silence">{untilNow ? text.silentNow(countText(days)) : text.silence(countText(days))}</li>;
}

function JoinRow({ join: { at, source, rule, identifiers } }: { join: Join }) {
  const markOf = useSourceMarks();
  const rules: Readonly<Record<string, string>> = text.joinedBy;
  return (
    <li className="joinRow">
      <div className="timelineRow">
        <Clock at={at} />
        <IconArrowMerge size={16} aria-hidden />
        <span>
          <strong>{text.joined}</strong>{" "}
          {identifiers.map((key, index) => (
            <span key={key}>
              {index > 0 && ", "}
              <span className="dimmed">{fieldName(typeOf(key))}</span> <bdi>{valueOf(key)}</bdi>
            </span>
          ))}
          <span className="toldLine meta">
            <SourceMark {...markOf(source)} />
            {words.dot}
            {rules[rule] ?? rule}
          </span>
        </span>
      </div>
    </li>
  );
}

function CorrectionRow({ correction }: { correction: Correction }) {
  const { verdict, a, b, by, reason, receivedAt, status, explanation } = correction;
  const sayerOf = useSayer();
  const Icon = verdictIcons[verdict];
  return (
    <li className="joinRow" data-testid="correction-row">
      <div className="timelineRow">
        <Clock at={Date.parse(receivedAt)} />
        <Icon size={16} aria-hidden />
        <span>
          <strong>{words.corrections.row[verdict]}</strong> <KeyText value={a} /> – <KeyText value={b} />
          <span className="meta correctionWhy">
            “{reason}” {words.corrections.by(sayerOf(by))}
            {status !== "in_effect" && ` · ${words.corrections.statuses[status]}`}
            {explanation !== null && `: ${explanation}`}
          </span>
        </span>
        <TakeBack correction={correction} />
      </div>
    </li>
  );
}

const clockFormat = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

function Clock({ at }: { at: number }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={absoluteTime(at)} className="numbers clock">
      {clockFormat.format(at)}
    </time>
  );
}

const BurstRow = memo(function BurstRow({
  row: { events, isOpen },
  onPress,
}: {
  row: Extract<TimelineRow, { kind: "burst" }>;
  onPress: () => void;
}) {
  const [newest] = events;
  if (newest === undefined) return null;
  const { title, detail } = burstText(events);
  return (
    <button
      type="button"
      className="timelineRow"
      aria-expanded={isOpen}
      title={isOpen ? text.fold(events.length) : text.unfold(events.length)}
      onClick={onPress}
    >
      <Clock at={Date.parse(newest.occurredAt)} />
      <SourceMark kind={newest.sourceKind} iconOnly />
      <span className="rowText">
        <span className="rowTitle">{title}</span> <bdi className="dimmed">{detail}</bdi>
      </span>
      <span className="rowEnd numbers">
        {countText(events.length)}
        {isOpen ? <IconChevronDown size={16} aria-hidden /> : <IconChevronRight size={16} aria-hidden />}
      </span>
    </button>
  );
});

const EventRow = memo(function EventRow({
  row: { event, lateMs, isOfBurst },
  onPress,
}: {
  row: Extract<TimelineRow, { kind: "event" }>;
  onPress: () => void;
}) {
  const money = moneyOf(event);
  return (
    <button
      type="button"
      className={`timelineRow ${isOfBurst ? "ofBurst" : ""}`}
      aria-haspopup="dialog"
      onClick={onPress}
    >
      <Clock at={Date.parse(event.occurredAt)} />
      <SourceMark kind={event.sourceKind} iconOnly />
      <span className="rowText">
        <span className="rowTitle">{titleOf(event)}</span> <bdi className="dimmed">{detailOf(event)}</bdi>
        {lateMs !== null && (
          <span className="lateMark">
            <IconAlertTriangle size={14} aria-hidden /> {text.late(durationText(lateMs))}
          </span>
        )}
      </span>
      <span className="rowEnd numbers">{money === null ? "" : moneyText(money)}</span>
    </button>
  );
});
