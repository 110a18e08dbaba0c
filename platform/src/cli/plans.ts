import { readFileSync } from "node:fs";
import type { PlanVersionView } from "../api/planViews.ts";
import { Problem } from "../model/problem.ts";
import type { Connection } from "./connection.ts";
import type { Output } from "./output.ts";
import { printable, tableOf } from "./table.ts";
import { exitCodes, wrongUsage } from "./usage.ts";

/** The document alone, so that it can be kept in a file, changed, and given back. */
export async function showPlan(
  connection: Connection,
  output: Output,
  source: string,
  version: number | undefined,
): Promise<number> {
  const found = version === undefined ? await connection.plan(source) : await connection.planVersion(source, version);
  if (output.json) {
    output.document(found);
    return exitCodes.done;
  }
  if (found.document === null) {
    throw new Problem(404, "tracking_plan_not_found", `${printable(source)} has no tracking plan.`, {
      hint: `Publish one with: c360 plans set ${printable(source)} plan.json --reason "why"`,
    });
  }
  output.document(found.document);
  output.note(versionText(found));
  return exitCodes.done;
}

function versionText({ version, inForce, by, reason, publishedAt }: PlanVersionView): string {
  const who = by === null ? "" : `, published ${publishedAt ?? ""} with ${by}: ${printable(reason ?? "")}`;
  return `version ${version}${inForce ? ", which holds" : ""}${who}`;
}

export async function listPlanVersions(
  connection: Connection,
  output: Output,
  source: string,
  limit: number,
): Promise<number> {
  const list = await connection.planVersions(source, limit);
  if (output.json) output.document(list);
  else {
    const rows = list.items.map(({ version, inForce, hasPlan, publishedAt, by, reason }) => {
      const what = `${inForce ? "holds" : ""}${hasPlan ? "" : " none"}`.trim();
      return [String(version), what, publishedAt ?? "", by ?? "", reason ?? ""];
    });
    output.out(tableOf(["version", "", "when", "by", "reason"], rows));
  }
  return exitCodes.done;
}

export interface SetPlanFlags {
  reason?: string;
  basedOn?: number;
}

export async function setPlan(
  connection: Connection,
  output: Output,
  given: { source: string; file: string },
  { reason, basedOn }: SetPlanFlags,
): Promise<number> {
  if (reason === undefined || reason.trim() === "") {
    throw wrongUsage("A plan needs a reason, for whoever looks at it later.", 'Add --reason "prices are numbers".');
  }
  const document = jsonIn(given.file);
  const base = basedOn ?? (await connection.plan(given.source)).version;
  const published = await connection.publishPlan(given.source, { document, basedOn: base, reason });
  if (output.json) output.document(published);
  else output.out(`version ${published.version}\n`);
  output.note(`${printable(given.source)} is held to it from now on; what was taken before stays as it is`);
  return exitCodes.done;
}

export async function removePlan(
  connection: Connection,
  output: Output,
  source: string,
  basedOn: number | undefined,
): Promise<number> {
  const removed = await connection.removePlan(source, basedOn ?? (await connection.plan(source)).version);
  if (output.json) output.document(removed);
  else output.out(`${printable(source)} has no tracking plan from now on\n`);
  output.note(`c360 plans show ${printable(source)} ${removed.version - 1} has the one before`);
  return exitCodes.done;
}

export interface CheckPlanFlags {
  plan?: string;
  calls?: string;
  latest?: number;
}

/** Exit code 3 where calls break the plan. */
export async function checkPlan(
  connection: Connection,
  output: Output,
  source: string,
  { plan, calls, latest }: CheckPlanFlags,
): Promise<number> {
  const check = await connection.checkPlan(source, {
    ...(plan === undefined ? {} : { document: jsonIn(plan) }),
    ...(calls === undefined ? {} : { calls: callsIn(calls) }),
    ...(latest === undefined ? {} : { latest }),
  });
  if (output.json) output.document(check);
  else {
    const { judged, conforming, rejected, violations } = check;
    output.out(`${conforming} of ${judged} calls keep to the plan, ${rejected} would be refused\n`);
    const rows = violations.map(({ count, type, event, kind, path, example }) => {
      return [String(count), event ?? type, kind, path, example.messageId ?? `call ${example.index + 1}`];
    });
    if (rows.length > 0) output.out(`\n${tableOf(["calls", "event", "what", "where", "for example"], rows)}`);
  }
  if (check.judged === 0) output.note("nothing was taken from it yet: give calls with --calls FILE.ndjson");
  return check.conforming < check.judged ? exitCodes.findings : exitCodes.done;
}

export interface ViolationsFlags {
  frequent?: boolean;
  planVersion?: number;
  limit: number;
}

export async function listViolations(
  connection: Connection,
  output: Output,
  source: string,
  { frequent, planVersion: version, limit }: ViolationsFlags,
): Promise<number> {
  const order = frequent === true ? "frequent" : "newest";
  const list = await connection.planViolations(source, { order, limit, version });
  if (output.json) output.document(list);
  else {
    const rows = list.items.map((each) => {
      const { count, type, event, kind, path, lastAt, samples } = each;
      return [String(count), event ?? type, kind, path ?? "", String(each.version), lastAt, samples[0] ?? ""];
    });
    output.out(tableOf(["calls", "event", "what", "where", "version", "last", "message"], rows));
  }
  if (list.items.length === 0) output.note("no call that was taken broke a plan");
  return exitCodes.done;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw wrongUsage(`${file} cannot be read.`, "Give the path of a file.");
  }
}

function jsonIn(file: string): unknown {
  return parsed(textOf(file), file, "Begin with: c360 plans show SOURCE > plan.json");
}

/** NDJSON, as c360 send takes it. */
function callsIn(file: string): unknown[] {
  const lines = textOf(file).split("\n");
  return lines.flatMap((line, index) =>
    line.trim() === "" ? [] : [parsed(line, `Line ${index + 1} of ${file}`, "One call a line, each a JSON object.")],
  );
}

function parsed(text: string, what: string, hint: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw wrongUsage(`${what} is no JSON.`, hint);
  }
}
