import { mostEventsPerSecond, type SourceKind, sourceKinds } from "../model/source.ts";
import type { Connection, SourceView } from "./connection.ts";
import type { Output } from "./output.ts";
import { printable, tableOf } from "./table.ts";
import { exitCodes, wrongUsage } from "./usage.ts";

export async function listSources(connection: Connection, output: Output): Promise<number> {
  const sources = await connection.sources();
  if (output.json) output.document({ items: sources, next: null });
  else output.out(tableOf(["id", "kind", "name", "enabled", "a second", "created"], sources.map(sourceRow)));
  return exitCodes.done;
}

function sourceRow({ id, kind, name, enabled, maxEventsPerSecond: limit, createdAt }: SourceView): string[] {
  return [id, kind, name, enabled ? "yes" : "no", limit === null ? "" : `at most ${limit}`, createdAt];
}

export function sourceKindOf(text: string): SourceKind {
  const kind = sourceKinds.find((known) => known === text);
  if (kind !== undefined) return kind;
  throw wrongUsage("That is not a kind of source.", `One of: ${sourceKinds.join(", ")}.`);
}

export async function createSource(
  connection: Connection,
  output: Output,
  wanted: { id: string; kind: SourceKind; name?: string },
): Promise<number> {
  return showKey(output, await connection.createSource(wanted));
}

export async function rotateWriteKey(connection: Connection, output: Output, id: string): Promise<number> {
  return showKey(output, await connection.rotateWriteKey(id));
}

function showKey(output: Output, answer: { source: SourceView; writeKey: string }): number {
  if (output.json) {
    output.document(answer);
  } else {
    output.note(`Write key of ${printable(answer.source.id)}, shown this once:`);
    // Alone on standard output, so that KEY=$(c360 sources rotate web) works.
    output.out(`${answer.writeKey}\n`);
  }
  return exitCodes.done;
}

export async function setEnabled(
  connection: Connection,
  output: Output,
  id: string,
  enabled: boolean,
): Promise<number> {
  const source = await connection.changeSource(id, { enabled });
  if (output.json) output.document(source);
  else output.out(`${printable(source.id)} is ${source.enabled ? "enabled" : "disabled"}\n`);
  return exitCodes.done;
}

/** `text`: a number of events a second, or `none`. */
export async function limitRate(connection: Connection, output: Output, id: string, text: string): Promise<number> {
  const limit = text === "none" ? null : Number(text);
  if (limit !== null && !(Number.isSafeInteger(limit) && limit >= 1 && limit <= mostEventsPerSecond)) {
    throw wrongUsage("That is not a limit.", `A whole number of 1 to ${mostEventsPerSecond} events a second, or none.`);
  }
  const source = await connection.changeSource(id, { maxEventsPerSecond: limit });
  const told = limit === null ? "as much as its share" : `${source.maxEventsPerSecond} events a second`;
  if (output.json) output.document(source);
  else output.out(`${printable(source.id)} may send ${told}\n`);
  return exitCodes.done;
}

export async function listTokens(connection: Connection, output: Output): Promise<number> {
  const tokens = await connection.tokens();
  if (output.json) output.document({ items: tokens, next: null });
  else
    output.out(
      tableOf(
        ["id", "name", "created"],
        tokens.map(({ id, name, createdAt }) => [id, name, createdAt]),
      ),
    );
  return exitCodes.done;
}

export async function createToken(connection: Connection, output: Output, name: string): Promise<number> {
  const made = await connection.createToken(name);
  if (output.json) {
    output.document(made);
  } else {
    output.note(`API token ${made.id}, shown this once:`);
    output.out(`${made.token}\n`);
  }
  return exitCodes.done;
}

export async function revokeToken(connection: Connection, output: Output, id: string): Promise<number> {
  await connection.revokeToken(id);
  if (output.json) output.document({ id, revoked: true });
  else output.out(`${printable(id)} is revoked\n`);
  return exitCodes.done;
}
