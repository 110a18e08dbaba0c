import type { CostEstimate } from "../cost/index.ts";
import type { Output } from "./output.ts";
import { moneyText, tableOf } from "./table.ts";

/** An estimate as a document, or as tables. */
export function reportCost(output: Output, estimate: CostEstimate): void {
  if (output.json) {
    output.document(estimate);
    return;
  }
  output.out(
    [
      heading(estimate),
      services(estimate),
      configurations(estimate),
      changes(estimate),
      plan(estimate),
      notes(estimate),
    ].join("\n"),
  );
}

function heading({ workload, environment, region, pricesRead, stream, functions }: CostEstimate): string {
  const { eventsPerDay, eventKb, customers } = workload;
  return (
    `${count(eventsPerDay)} events a day of ${eventKb} KB, ${count(customers)} customers; ${environment} in ${region}, prices of ${pricesRead}\n` +
    `Kinesis ${stream}, Lambda ${functions}\n`
  );
}

function services({ services, amountMinor, idleMinor, perMillionEventsMinor }: CostEstimate): string {
  const rows = services.map(({ service, what, amountMinor, idleMinor }) => [
    service,
    what,
    usd(amountMinor),
    usd(idleMinor),
  ]);
  const table = aligned(
    ["service", "what", "a month", "idle"],
    [...rows, ["total", "", usd(amountMinor), usd(idleMinor)]],
  );
  const million = perMillionEventsMinor === null ? "" : `${usd(perMillionEventsMinor)} a million events\n`;
  return table + million;
}

function configurations({ configurations }: CostEstimate): string {
  const [cheapest] = configurations;
  const rows = configurations.map(({ stream, functions, amountMinor }) => [
    stream,
    functions,
    usd(amountMinor),
    difference(amountMinor - (cheapest?.amountMinor ?? 0)),
  ]);
  return aligned(["Kinesis", "Lambda", "a month", "more"], rows);
}

function changes({ changes }: CostEstimate): string {
  const rows = changes.map(({ setting, is, unit, value, other, differenceMinor }) => [
    setting,
    is,
    `${value} → ${other} ${unit}`,
    difference(differenceMinor),
  ]);
  return aligned(["setting", "is", "from, to", "a month"], rows);
}

function plan({ savingsPlan }: CostEstimate): string {
  const { term, coveredMinor, commitmentPerHourMinor, savesMinor, breakEvenShare } = savingsPlan;
  return (
    `${term}: covers ${usd(coveredMinor)} of Fargate and Lambda, saves ${usd(savesMinor)} a month\n` +
    `at ${usd(commitmentPerHourMinor)} an hour, if ${(breakEvenShare * 100).toFixed(0)} % of it or more is used\n`
  );
}

function notes({ unseenPrices }: CostEstimate): string {
  const unseen =
    unseenPrices.length === 0 ? "" : `Not confirmed when they were written down: ${unseenPrices.join("; ")}.\n`;
  return `List prices without tax, free tier and traffic to the internet. docs/cost.md says what is assumed.\n${unseen}`;
}

/** Money stands to the right, as numbers do. */
function aligned(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const isMoney = columns.map((name) => ["a month", "idle", "more"].includes(name));
  const widths = columns.map((name, at) => Math.max(name.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const padded = (row: readonly string[]): string[] =>
    row.map((cell, at) => (isMoney[at] === true ? cell.padStart(widths[at] ?? 0) : cell));
  return tableOf(padded(columns), rows.map(padded));
}

function usd(minor: number): string {
  return moneyText(minor, "USD");
}

function difference(minor: number): string {
  return minor > 0 ? `+ ${usd(minor)}` : minor < 0 ? `- ${usd(-minor)}` : "same";
}

function count(value: number): string {
  return value.toLocaleString("en");
}
