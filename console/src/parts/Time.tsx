import { Tooltip } from "@mantine/core";
import { type PointerEvent, useEffect, useState } from "react";
import { words } from "../words/words.ts";
import { absoluteTime, relativeTime } from "./timeText.ts";

const redrawMs = 15_000;

/** A time as `2 hr. ago`; whole and with its zone on hover and focus, and in print. `at`: ISO 8601 or UTC ms; null: never. */
export function Time({ at }: { at: string | number | null }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), redrawMs);
    return () => clearInterval(timer);
  }, []);
  const ms = typeof at === "string" ? Date.parse(at) : at;
  if (ms === null || Number.isNaN(ms)) return <span className="dimmed">{words.time.never}</span>;
  return (
    <Tooltip label={absoluteTime(ms)}>
      <time dateTime={new Date(ms).toISOString()} data-printed={absoluteTime(ms)} tabIndex={0} className="numbers">
        <span className="relative">{relativeTime(ms, Math.max(now, ms))}</span>
        <span className="visuallyHidden"> ({absoluteTime(ms)})</span>
      </time>
    </Tooltip>
  );
}

/**
 * The same for lists of thousands: it is no stop of its own for the keyboard, does not redraw by itself, and writes the
 * whole time only where the pointer rests.
 */
export function PlainTime({ at }: { at: string | null }) {
  const ms = at === null ? Number.NaN : Date.parse(at);
  if (Number.isNaN(ms)) return <span className="dimmed">{words.time.never}</span>;
  const tell = ({ currentTarget }: PointerEvent<HTMLElement>): void => {
    currentTarget.title = absoluteTime(ms);
  };
  return (
    <time
      dateTime={new Date(ms).toISOString()}
      data-printed={absoluteTime(ms)}
      className="numbers"
      onPointerEnter={tell}
    >
      <span className="relative">{relativeTime(ms, Math.max(Date.now(), ms))}</span>
    </time>
  );
}
