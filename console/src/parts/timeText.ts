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
  const format = new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" });
  return format.format(Math.trunc(difference / ms), unit);
}

/** The whole time with its zone. */
export function absoluteTime(at: number, locale?: string, timeZone?: string): string {
  const zone = timeZone === undefined ? {} : { timeZone };
  const date = new Intl.DateTimeFormat(locale, { dateStyle: "medium", ...zone }).format(at);
  const time = new Intl.DateTimeFormat(locale, {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "short",
    ...zone,
  });
  return `${date}, ${time.format(at)}`;
}

/** `3 days`, `2 hr`: how long, in the largest unit that fits. */
export function durationText(ms: number, locale?: string): string {
  const [unit, unitMs] = steps.find(([, each]) => ms >= each) ?? ["second", 1_000];
  const format = new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 0 });
  return format.format(Math.trunc(ms / unitMs));
}
