import { readFileSync } from "node:fs";
import type { RulesEffect, RulesPreviewView } from "../api/rulesViews.ts";
import { Problem } from "../model/problem.ts";
import type { Connection } from "./connection.ts";
import type { CliIo } from "./io.ts";
import type { Output } from "./output.ts";
import { printable, tableOf } from "./table.ts";
import { exitCodes, wrongUsage } from "./usage.ts";

/** The document alone, so that it can be kept in a file, changed, and given back. */
export async function showRules(connection: Connection, output: Output, number: number | undefined): Promise<number> {
  const version = number === undefined ? (await connection.rules(1)).current : await connection.rulesVersion(number);
  output.document(output.json ? version : version.document);
  const { number: which, inForce, reason, by, publishedAt } = version;
  const who = by === null ? "" : `, published ${publishedAt ?? ""} with ${by}: ${printable(reason)}`;
  output.note(`version ${which}${inForce ? ", which holds" : ""}${who}`);
  return exitCodes.done;
}

export async function listRules(connection: Connection, output: Output, limit: number): Promise<number> {
  const { current: _, ...list } = await connection.rules(limit);
  if (output.json) output.document(list);
  else {
    const rows = list.items.map(({ number, inForce, publishedAt, by, hash, reason }) => {
      return [String(number), inForce ? "holds" : "", publishedAt ?? "", by ?? "", hash.slice(0, shownHash), reason];
    });
    output.out(tableOf(["version", "", "when", "by", "hash", "reason"], rows));
  }
  if (list.applying !== null) output.note(`version ${list.applying.number} is being applied to everybody`);
  return exitCodes.done;
}

const shownHash = 12;
const pollMs = 500;

/** What the document would change; nothing is changed. An interrupt stops the dry run. */
export async function previewRules(connection: Connection, output: Output, file: string, io: CliIo): Promise<number> {
  const preview = await ended(connection, output, io, await connection.previewRules(documentIn(file)));
  if (preview.effect === null) throw notMade(preview);
  if (output.json) output.document(preview);
  else output.out(`${changesText(preview)}${effectText(preview.effect)}`);
  output.note("nothing is changed; c360 rules publish makes it hold");
  return exitCodes.done;
}

async function ended(
  connection: Connection,
  output: Output,
  io: CliIo,
  begun: RulesPreviewView,
): Promise<RulesPreviewView> {
  if (begun.status !== "running") return begun;
  const bar = output.progress("looking at everybody", 100, "%");
  let interrupted = false;
  const release = io.onSignal(() => {
    interrupted = true;
  });
  try {
    let preview = begun;
    while (preview.status === "running") {
      await io.sleep(pollMs);
      preview = interrupted ? await connection.cancelRulesPreview(begun.id) : await connection.rulesPreview(begun.id);
      bar.update(Math.round(preview.progress * 100));
    }
    return preview;
  } finally {
    release();
    bar.stop();
  }
}

function notMade({ status, problem }: RulesPreviewView): Problem {
  if (problem === null) return new Problem(409, "preview_cancelled", `The dry run was ${status}.`);
  const { code, message, hint } = problem;
  return new Problem(422, code, message, hint === null ? {} : { hint });
}

export interface PublishFlags {
  reason?: string;
  basedOn?: number;
}

export async function publishRules(
  connection: Connection,
  output: Output,
  file: string,
  { reason, basedOn }: PublishFlags,
): Promise<number> {
  if (reason === undefined || reason.trim() === "") {
    throw wrongUsage("Rules need a reason, for whoever looks at them later.", 'Add --reason "families share e-mails".');
  }
  const document = documentIn(file);
  const base = basedOn ?? (await connection.rules(1)).current.number;
  const answer = await connection.publishRules({ document, basedOn: base, reason });
  if (output.json) output.document(answer);
  else output.out(`version ${answer.version.number} ${answer.version.hash.slice(0, shownHash)}\n`);
  const state = answer.decided ? "it holds, for everything that was ever sent" : "it is kept, and being applied";
  output.note(`${state}; c360 rules show ${base} > FILE has the one before`);
  return exitCodes.done;
}

function documentIn(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw wrongUsage(`${file} cannot be read.`, "Begin with: c360 rules show > rules.json");
  }
  try {
    return JSON.parse(text);
  } catch {
    throw wrongUsage(`${file} is no JSON.`, "Begin with: c360 rules show > rules.json");
  }
}

function changesText({ changes, against }: RulesPreviewView): string {
  if (changes.length === 0) return "the document says what holds\n\n";
  const rows = changes.map(({ path, before, after }) => [path, shown(before), shown(after)]);
  return `${tableOf(["changed", `version ${against ?? ""}`, "document"], rows)}\n`;
}

const maxShownChars = 60;

function shown(value: unknown): string {
  const text = value === undefined ? "" : JSON.stringify(value);
  return text.length > maxShownChars ? `${text.slice(0, maxShownChars)}…` : text;
}

function effectText({ people, joins, splits, affected, decisions, examples }: RulesEffect): string {
  const counts = [
    ["people", `${people.before} → ${people.after}`],
    ["made of several", String(joins)],
    ["split", String(splits)],
    ["affected", String(affected)],
    ...decisions.map(({ type, from, to, count }) => [`${type}, ${from} → ${to}`, String(count)]),
  ];
  return tableOf(["effect", ""], counts) + examples.map(exampleText).join("");
}

function exampleText({ kind, before, after, because, reasons }: RulesEffect["examples"][number]): string {
  const people = (side: string, seen: typeof before): string[][] =>
    seen.map(({ profileId, identifiers, identifierCount }) => {
      const more = identifierCount > identifiers.length ? ` and ${identifierCount - identifiers.length} more` : "";
      return [side, profileId, `${identifiers.join(" ")}${more}`];
    });
  const rows = [...people("before", before), ...people("after", after)];
  const why = because.map(({ change: { path }, alone }) => (alone ? path : `${path} (with others)`));
  const lines = [`because of ${why.join(", ")}`, ...reasons].map((line) => `${printable(line)}\n`).join("");
  return `\n${tableOf([kind, "profile", "identifiers"], rows)}${lines}`;
}
