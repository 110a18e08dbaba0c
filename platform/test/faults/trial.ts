import { setTimeout as sleep } from "node:timers/promises";
import type { Draws } from "../../src/simulator/draws.ts";
import { until } from "../whole/polling.ts";
import type { Sender } from "../whole/senders.ts";
import type { Served, Site } from "../whole/server.ts";

/** One platform, what its clients know, and the seed's draws: what a fault is tried on. */
export interface Trial {
  site: Site;
  senders: Sender[];
  draws: Draws;
  /** For whoever has to repeat it: what happened, a few words at a time. */
  say: (what: string) => void;
  /** What has to be undone, whatever becomes of it. */
  atEnd: (undo: () => void) => void;
}

export interface FaultKind {
  name: string;
  /** The tool or right that this machine lacks for it; null when nothing is. */
  lacks: () => string | null;
  /**
   * Does it, and mends it. Gives the server if it has to have come through by itself, and null where a start follows.
   * Throws, in words, where the platform did what it must not.
   */
  happen: (trial: Trial) => Promise<Served | null>;
}

const maxBusyMs = 60_000;
const maxEndMs = 60_000;
const stackLine = /^ +at .*[(/].*\.(ts|js):\d+/m;

export async function pause({ draws }: Trial, mostMs: number): Promise<number> {
  const ms = draws.between(0, mostMs);
  await sleep(ms);
  return ms;
}

export function acknowledgedBy(senders: readonly Sender[]): number {
  return senders.reduce((sum, sender) => sum + sender.acknowledged.length, 0);
}

/** Until so many more are acknowledged than when it was called, or the server has ended. */
export async function busy({ senders }: Trial, server: Served, events: number): Promise<void> {
  const goal = acknowledgedBy(senders) + events;
  await until(`${events} more are acknowledged`, maxBusyMs, () => acknowledgedBy(senders) >= goal || server.hasEnded());
}

/** The command line's last word, or the log's of a platform that cannot go on. */
const reason = /^error: \S|^\{"level":60,/m;

/** A process may end by itself on a fault, if it says why in a word that an operator understands. */
export async function expectTold(server: Served): Promise<void> {
  const { code, signal, stderr } = await server.ended;
  if (signal !== null) throw new Error(`the server was ended by ${signal}: ${stderr.slice(-3_000)}`);
  if (code === 0) throw new Error("the server ended by itself and called it a success");
  if (!reason.test(stderr)) throw new Error(`the server ended with ${code} without a reason: ${stderr.slice(-3_000)}`);
  if (stackLine.test(stderr)) throw new Error(`a stack trace in place of a word: ${stderr.slice(-3_000)}`);
  if (/should not happen/.test(stderr)) throw new Error(`an error that nobody expected: ${stderr.slice(-1_000)}`);
}

/** Ready, or ended with a word why not. */
export async function started(server: Served): Promise<boolean> {
  try {
    await server.ready();
    return true;
  } catch (error) {
    if (!server.hasEnded()) throw error;
    await expectTold(server);
    return false;
  }
}

export async function endsWithin(server: Served, what: string): Promise<void> {
  await until(what, maxEndMs, () => server.hasEnded());
  await expectTold(server);
}
