import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { recordHeaderBytes, segmentHeaderBytes } from "../../../src/buffer/segment/format.ts";
import type { Draws } from "../../../src/simulator/draws.ts";
import { busy, expectTold, pause, started, type FaultKind, type Trial } from "../trial.ts";
import { keepBackup } from "./mending.ts";

const blockBytes = 4_096;
const toldDamage = /The event log is damaged: segment (\d+) at byte (\d+)/;

/** A platform that has decided and followed everything, and was stopped or killed. */
async function atRest(trial: Trial): Promise<void> {
  const { site, senders, draws, say } = trial;
  const server = await site.start();
  await busy(trial, server, draws.between(50, 600));
  await Promise.all(senders.map((sender) => sender.stop()));
  await site.reads.settled();
  const isKilled = draws.chance(0.5);
  say(isKilled ? "killed at rest" : "stopped");
  await (isKilled ? server.kill() : server.stop());
}

/** Gives the first byte that changed, and how; null where nothing did. */
function hurt(bytes: Buffer, draws: Draws): { at: number; what: string; hurt: Buffer } {
  const at = draws.between(0, bytes.length - 1);
  const changed = Buffer.from(bytes);
  const how = draws.pick(["flip", "flip", "cut", "zeros", "garbage"] as const);
  if (how === "flip") changed[at] = (changed[at] ?? 0) ^ (1 << draws.between(0, 7));
  if (how === "cut") return { at, what: `cut at byte ${at}`, hurt: changed.subarray(0, at) };
  const end = Math.min(bytes.length, at + draws.between(1, blockBytes));
  for (let n = at; how !== "flip" && n < end; n++) changed[n] = how === "zeros" ? 0 : draws.between(0, 255);
  const first = changed.findIndex((byte, n) => byte !== bytes[n]);
  return { at: first === -1 ? at : first, what: `${how} from byte ${at}`, hurt: changed };
}

/** Where the record begins that has byte `at`; of the segment's header, 0. */
function recordAt(segment: Buffer, at: number): number {
  if (at < segmentHeaderBytes) return 0;
  let offset = segmentHeaderBytes;
  for (;;) {
    const next = offset + recordHeaderBytes + segment.readUInt32LE(offset + 4);
    if (next > at) return offset;
    offset = next;
  }
}

/**
 * Bytes of the log go bad. It is told, with the segment and the record's first byte, by a start and by `c360 doctor`;
 * nothing else is lost: with the file as it was, everything is there.
 */
export const damagedLogs: FaultKind = {
  name: "damaged-log",
  lacks: () => null,
  happen: async (trial) => {
    const { site, draws, say } = trial;
    await atRest(trial);
    const folder = join(site.dataDir, "log");
    const names = readdirSync(folder).sort();
    const file = join(folder, draws.pick(names));
    const bytes = readFileSync(file);
    const damage = hurt(bytes, draws);
    if (damage.hurt.equals(bytes)) return null;
    writeFileSync(file, damage.hurt);
    const { code, stdout } = await site.verb(["doctor"]);
    const expected = recordAt(bytes, damage.at);
    say(`${damage.what} of ${bytes.length}, in the record at byte ${expected}`);
    if (code !== 3) throw new Error(`doctor ended with ${code} on a damaged log: ${stdout.slice(-800)}`);
    const server = site.launch();
    if (await started(server)) throw new Error("it started on a log that has lost what was acknowledged");
    const stderr = server.stderr();
    const told = toldDamage.exec(stderr);
    if (told === null) throw new Error(`the damage is not told: ${stderr.slice(-800)}`);
    const [, segment, byte] = told.map(Number);
    const isHeader = damage.at < segmentHeaderBytes && Number(byte) <= segmentHeaderBytes;
    if (segment !== names.indexOf(file.slice(folder.length + 1)) || (byte !== expected && !isHeader)) {
      throw new Error(`told as segment ${segment} at byte ${byte}, and the hurt record is at byte ${expected}`);
    }
    writeFileSync(file, bytes);
    return null;
  },
};

const derived = ["state.sqlite", "messages", "analytics", "search.sqlite", "reviews.sqlite", "linkage.sqlite"] as const;

/** Bytes of what is made from the log go bad: what happens is told, and what the hints say brings everything back. */
export const damagedCopies: FaultKind = {
  name: "damaged-copy",
  lacks: () => null,
  happen: async (trial) => {
    const { site, draws, say } = trial;
    await atRest(trial);
    const kept = keepBackup(site);
    const part = draws.pick(derived);
    for (let times = draws.between(1, 3); times > 0; times--) {
      const file = draws.pick(filesOf(site.dataDir, part));
      const bytes = readFileSync(file);
      if (bytes.length === 0) continue;
      const damage = hurt(bytes, draws);
      writeFileSync(file, damage.hurt);
      say(`${file.slice(site.dataDir.length + 1)}: ${damage.what} of ${bytes.length}`);
    }
    const server = site.launch();
    if (await started(server)) {
      await pause(trial, 2_000);
      if (server.hasEnded()) {
        say("it ended by itself");
        await expectTold(server);
      } else await server.kill();
    } else say("it did not start");
    const done = await kept.mend(server.stderr());
    say(done.length === 0 ? "nothing was told" : `as told: ${done.join(", ")}`);
    return null;
  },
};

function filesOf(dataDir: string, part: string): string[] {
  const at = join(dataDir, part);
  if (!statSync(at).isDirectory()) return [at, `${at}-wal`].filter((file) => isFile(file));
  return readdirSync(at, { recursive: true, encoding: "utf8" })
    .map((name) => join(at, name))
    .filter((file) => isFile(file))
    .sort();
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
