import { join } from "node:path";
import { openEventLog } from "../../src/adapters/embedded/eventLog/writer.ts";
import { openMessageIndex } from "../../src/adapters/embedded/messages/messageIndex.ts";
import { sealedAtOnce } from "../../src/adapters/embedded/messages/sealedAtOnce.fake.ts";
import type { EventBuffer, EventBufferReader } from "../../src/buffer/eventBuffer.ts";
import type { Position } from "../../src/model/position.ts";
import { hash32 } from "../../src/simulator/draws.ts";
import type { Decided } from "../../src/storage/followed.ts";
import type { IdentityAndProfiles } from "../../src/storage/identityAndProfiles.ts";
import type { MessageIndex } from "../../src/storage/messageIndex.ts";
import type { Life } from "./gates.ts";
import { logFolder, type World } from "./world.ts";

/** The real log over the simulated disk. */
export async function openLog(world: World, life: Life, onDurable: (end: Position) => void): Promise<EventBuffer> {
  const { gates, disk, temper } = world;
  let fault: Parameters<typeof disk.opening>[0] = null;
  const opened: { log: EventBuffer | null } = { log: null };
  const work = (): Promise<void> =>
    disk.opening(fault, async () => {
      opened.log = await openEventLog({
        directory: logFolder(world),
        segmentBytes: temper.segmentBytes,
        maxPendingBytes: temper.maxPendingBytes,
        onDurable,
        now: () => world.now,
        salt: () => hash32(world.seed, ++world.made, 2),
        disk: disk.of(life),
      });
    });
  const setFault = (draw: number): string => {
    fault = { nth: 1 + (draw % 12), kind: (["fails", "lostAnswer", "crash"] as const)[draw % 3] ?? "fails" };
    return `${fault.kind} at its operation ${fault.nth}`;
  };
  await gates.pass(life, "the log opens", work, { setFault });
  return opened.log as EventBuffer;
}

/** Its tree lies in memory; the files of its filters are real. */
export async function openMessages(
  world: World,
  life: Life,
  { lookups, store, decided }: { lookups: EventBufferReader; store: IdentityAndProfiles; decided: Decided },
): Promise<MessageIndex> {
  const { gates, tree } = world;
  const setFault = (draw: number): string => {
    const kind = (["fails", "lostAnswer", "crash"] as const)[draw % 3] ?? "fails";
    tree.fail({ nth: 1 + (draw % 4), kind });
    return `${kind} at its write ${1 + (draw % 4)}`;
  };
  const position = await store.position();
  const withoutFault = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } finally {
      tree.fail(null);
    }
  };
  const onCrash = (): void => {
    life.end();
  };
  const directory = join(world.folder, "messages");
  const opened = await gates.pass(
    life,
    "the message index opens",
    () =>
      withoutFault(() =>
        openMessageIndex({
          directory,
          log: lookups,
          decided: position,
          notProcessed: decided.notProcessed,
          schedule: smallFilters,
          openTree: async () => tree.open(onCrash),
        }),
      ),
    { setFault },
  );
  const index = sealedAtOnce(opened);
  return {
    ...index,
    firstPositions: (keys) => gates.alongside(life, () => index.firstPositions(keys)),
    remember: (entries) =>
      gates.pass(life, "messages are remembered", () => withoutFault(() => index.remember(entries)), { setFault }),
  };
}

const smallFilters = { capacityOf: (tier: number) => 32 * 2 ** tier, bitsPerKeyOf: () => 12, maxTiers: 8 };

/** Batches end where the schedule wants. */
export function inSmallBatches(world: World, life: Life, reader: EventBufferReader): EventBufferReader {
  const { gates, temper } = world;
  return {
    read: (from, until, maxRecords, maxBytes) =>
      gates.pass(life, "ingestion reads", () => {
        const most = world.isComingToRest ? maxRecords : Math.min(maxRecords, temper.maxBatchRecords);
        return reader.read(from, until, most, maxBytes);
      }),
    at: (position) => gates.alongside(life, () => reader.at(position)),
    close: () => reader.close(),
  };
}

/** Its reads take real time, and the schedule waits for them. */
export function outsideOf({ gates }: World, life: Life, reader: EventBufferReader): EventBufferReader {
  return {
    read: (...given) => gates.alongside(life, () => reader.read(...given)),
    at: (position) => gates.alongside(life, () => reader.at(position)),
    close: () => reader.close(),
  };
}
