import type { TierView } from "../api/operations.ts";
import type { EdgeView, ProfileView, WhyView } from "../api/services.ts";
import type { Connection, TimelineView } from "./connection.ts";
import type { Output } from "./output.ts";
import { csvOf, moneyText, printable, tableOf } from "./table.ts";
import { exitCodes, wrongUsage } from "./usage.ts";

export async function showProfile(
  connection: Connection,
  output: Output,
  wanted: { type: string; value: string; events: number },
): Promise<number> {
  const profile = await connection.profile(wanted.type, wanted.value);
  const events = wanted.events > 0 ? await connection.timeline(profile.id, wanted.events) : null;
  if (output.json) output.document(events === null ? profile : { ...profile, events });
  else output.out(profileText(profile, events));
  return exitCodes.done;
}

function profileText(profile: ProfileView, events: TimelineView[] | null): string {
  const { computed } = profile;
  const revenue = Object.entries(computed.revenueByCurrency).map(([currency, amount]) => moneyText(amount, currency));
  const facts: [string, string][] = [
    ["profile", profile.id],
    ["seen", `${profile.firstSeenAt} to ${profile.lastSeenAt}`],
    ["sources", profile.sources.join(", ")],
    ["events", String(computed.eventCount)],
    ["orders", `${computed.orderCount}, refunds ${computed.refundCount}`],
    [
      "revenue",
      revenue.length === 0 ? moneyText(computed.revenue.amount, computed.revenue.currency) : revenue.join(", "),
    ],
  ];
  const { household } = profile;
  if (household !== null) facts.push(["home", `shared by ${household.people} people (${household.id})`]);
  const head = facts.map(([name, value]) => `${name.padEnd(9)}${printable(value)}\n`).join("");
  const identifiers = profile.identifiers.map(({ type, value, sources, lastSeenAt }) => [
    type,
    value,
    sources.join(", "),
    lastSeenAt,
  ]);
  const traits = Object.entries(profile.traits).map(([name, { value, source, occurredAt }]) => [
    name,
    typeof value === "string" ? value : JSON.stringify(value),
    source,
    occurredAt,
  ]);
  const consents = Object.entries(profile.consents).map(([name, { status, source, occurredAt }]) => [
    name,
    status,
    source,
    occurredAt,
  ]);
  return [
    head,
    section(["identifier", "value", "sources", "last seen"], identifiers),
    section(["trait", "value", "source", "since"], traits),
    section(["consent", "status", "source", "since"], consents),
    events === null
      ? ""
      : section(
          ["time", "type", "event", "source"],
          events.map((one) => [one.occurredAt, one.type, one.event, one.source]),
        ),
  ].join("");
}

function section(columns: string[], rows: (string | null)[][]): string {
  return rows.length === 0 ? "" : `\n${tableOf(columns, rows)}`;
}

export async function showWhy(connection: Connection, output: Output, a: string, b: string): Promise<number> {
  for (const key of [a, b]) {
    if (!/^[a-z][a-z0-9_]{0,39}:[^]/.test(key)) {
      throw wrongUsage(
        "An identifier is written as type:value.",
        "For example: c360 why email:ada@example.com user_id:ada",
      );
    }
  }
  const why = await connection.why(a, b);
  if (output.json) output.document(why);
  else output.out(whyText(why));
  return exitCodes.done;
}

function whyText(why: WhyView): string {
  const verdict = why.samePerson ? "the same person" : "not the same person";
  const edges = why.samePerson ? why.path : why.refused;
  const title = why.samePerson ? "evidence" : "evidence that was refused";
  const head = `${printable(why.a)} and ${printable(why.b)}: ${verdict}\n${printable(why.explanation)}\n`;
  return edges.length === 0 ? head : `${head}\n${title}:\n${tableOf(edgeColumns, edges.map(edgeRow))}`;
}

const edgeColumns = ["from", "to", "rule", "source", "times", "sure to", "first seen", "message", "reason"];
function edgeRow(edge: EdgeView): (string | number | null)[] {
  const { from, to, rule, source, count, confidence, occurredAt, messageId, reason } = edge;
  return [from, to, rule, source, count, confidence.toFixed(2), occurredAt, messageId, reason];
}

export const queryFormats = ["table", "csv", "json", "parquet"] as const;
export type QueryFormat = (typeof queryFormats)[number];

export async function runQuery(
  connection: Connection,
  output: Output,
  wanted: { sql: string; limit: number; format: QueryFormat },
): Promise<number> {
  const answer = await connection.query(wanted.sql, wanted.limit);
  const names = answer.columns.map(({ name }) => name);
  if (wanted.format === "json") output.document(answer);
  else if (wanted.format === "csv") output.out(csvOf(names, answer.rows));
  else output.out(tableOf(names, answer.rows));
  if (answer.truncated) output.note(`cut at ${answer.rows.length} rows; --limit takes more`);
  return exitCodes.done;
}

export async function showStatus(connection: Connection, output: Output): Promise<number> {
  const [status, { state, advice, disk }] = await Promise.all([connection.status(), connection.operations()]);
  if (output.json) {
    output.document({ ...status, state, advice, disk, via: connection.via });
    return exitCodes.done;
  }
  const facts: [string, string | number][] = [
    ["version", status.version],
    ["reached", connection.via === "http" ? "over HTTP" : "by opening the data directory"],
    ["ready", status.ready ? "yes" : "no"],
    ["state", state],
    ["accepted", status.acceptedRecords],
    ["processed", status.processedRecords],
    ["pending", status.pendingRecords],
    ["SQL as of", status.analytics.asOf ?? "not known"],
    ["search at", status.search.asOf ?? "not known"],
    ["reviews at", status.reviews.asOf ?? "not known"],
    ["to review", status.reviews.waiting ?? "not known"],
    ...(disk?.tiers ?? []).map((tier): [string, string] => [tier.name, tierText(tier)]),
    ["kept since", disk?.keptSince ?? "not known"],
  ];
  output.out(facts.map(([name, value]) => `${name.padEnd(11)}${value}\n`).join(""));
  for (const { severity, message, hint } of advice) output.out(`\n${severity}: ${message}\nhint: ${hint}\n`);
  return exitCodes.done;
}

const mebibyte = 1_048_576;

function tierText({ records, bytes, bytesPerMillionRecords }: TierView): string {
  const mebibytes = (size: number): string => `${(size / mebibyte).toFixed(1)} MiB`;
  const each = bytesPerMillionRecords === null ? "" : ` (${mebibytes(bytesPerMillionRecords)} a million)`;
  return `${records} records in ${mebibytes(bytes)}${each}`;
}
