import { keptFormats } from "./formats.ts";

const steps: [unit: Intl.RelativeTimeFormatUnit, ms: number][] = [
  ["year", 31_557_600_000],
  ["month", 2_629_800_000],
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
];

/** `2 hr. ago`, `in 3 days`, `now`: the largest unit that fits. Both in UTC ms. */
export function relativeTime(at: number, now: number, locale?: string): string {
  const difference = at - now;
  const [unit, ms] = steps.find(([, each]) => Math.abs(difference) >= each) ?? ["second", 1_000];
  return relativeFormat(locale).format(Math.trunc(difference / ms), unit);
}

const relativeFormat = keptFormats(
  (locale) => new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" }),
);
const dateFormat = keptFormats(
  (locale, timeZone) => new Intl.DateTimeFormat(locale, { dateStyle: "medium", ...zone(timeZone) }),
);
const timeFormat = keptFormats(
  (locale, timeZone) =>
    new Intl.DateTimeFormat(locale, {
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      timeZoneName: "short",
      ...zone(timeZone),
    }),
);

function zone(timeZone: string | undefined): { timeZone?: string } {
  return timeZone === undefined ? {} : { timeZone };
}

/** The day alone. */
export function absoluteDay(at: number, locale?: string, timeZone?: string): string {
  return dateFormat(locale, timeZone).format(at);
}

/** The whole time with its zone. */
export function absoluteTime(at: number, locale?: string, timeZone?: string): string {
  return `${absoluteDay(at, locale, timeZone)}, ${timeFormat(locale, timeZone).format(at)}`;
}

/** `3 days`, `2 hr`: how long, in the largest unit that fits. */
export function durationText(ms: number, locale?: string): string {
  const [unit, unitMs] = steps.find(([, each]) => ms >= each) ?? ["second", 1_000];
  const format = new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 0 });
  return format.format(Math.trunc(ms / unitMs));
}
