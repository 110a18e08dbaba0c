import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openEverybody, openStateStore } from "../../platform/src/adapters/embedded/state/stateStore.ts";
import type { StoredRecord } from "../../platform/src/buffer/eventBuffer.ts";
import { defaultIdentityRules, rulesHash, type IdentityRules } from "../../platform/src/identity/index.ts";
import { createIngestionLoop, rulesEffect } from "../../platform/src/ingestion/index.ts";
import type { AcceptedEvent, JsonObject, LogRecord } from "../../platform/src/model/event.ts";
import { fragmentKey } from "../../platform/src/model/fragment.ts";
import { fragmentIdOf, keyedHash, messageKeyOf } from "../../platform/src/model/keyedHash.ts";
import { encodeRecord } from "../../platform/src/model/logRecord.ts";
import { rulesRecordOf } from "../../platform/src/model/rulesVersion.ts";

/**
 * What it costs to try identity rules out and to publish them: milliseconds and resident memory, over as many people as
 * asked for, each with a login, an e-mail, a browser and (every other) a card; every twentieth shares a tablet.
 */
const usage = "npm run rules-cost --workspace bench -- [--people 100000]";
const hash = keyedHash(Buffer.alloc(32, 7));
const eventsEach = 4;
const start = Date.UTC(2026, 0, 1);
const sharedEvery = 20;

const { values } = parseArgs({ options: { people: { type: "string", default: "100000" }, help: { type: "boolean" } } });

function eventOf(position: number): AcceptedEvent {
  const person = Math.floor(position / eventsEach);
  const which = position % eventsEach;
  const login = `user_id:u${person}`;
  const email = `email:p${person}@example.com`;
  const tablet = `device_id:t${Math.floor(person / sharedEvery)}`;
  const identifiers = [
    [email, login],
    [`anonymous_id:a${person}`, login],
    person % 2 === 0 ? [email, `loyalty_card:c${person}`] : [email],
    person % sharedEvery < 2 ? [tablet, login] : [login],
  ][which] as string[];
  const occurredAt = start + position;
  return {
    status: "accepted",
    source: "web",
    sourceKind: "web",
    messageId: `m${position}`,
    type: "track",
    event: "Product Viewed",
    receivedAt: occurredAt,
    occurredAt,
    originalTimestamp: null,
    flags: [],
    identifiers: identifiers.sort(),
    aliasOf: [],
    body: { type: "track", event: "Product Viewed", properties: {} },
  };
}

function stored(record: LogRecord, position: number): StoredRecord {
  const identifiers = record.status === "accepted" ? record.identifiers : [];
  return {
    position,
    payload: encodeRecord(record),
    message: messageKeyOf(hash, record.source, record.messageId),
    fragment: fragmentIdOf(hash, fragmentKey(identifiers, record.source)),
  };
}

function published(rules: IdentityRules, number: number): LogRecord {
  const document = JSON.parse(JSON.stringify(rules)) as JsonObject;
  const said = { by: "t1", reason: "to measure", receivedAt: start };
  return rulesRecordOf({ id: `r${number}`, number, hash: rulesHash(document), document, ...said });
}

const { types } = defaultIdentityRules;
const trials: readonly { what: string; rules: IdentityRules }[] = [
  { what: "nobody changes (e-mail limit 4)", rules: withType("email", { limit: 4 }) },
  {
    what: "every twentieth changes (3 logins a shared device)",
    rules: { ...defaultIdentityRules, sharedDeviceLogins: 3 },
  },
  {
    what: "everybody changes (logins blocked)",
    rules: withType("user_id", { blocked: { values: [], patterns: ["^u"] } }),
  },
];

function withType(type: string, more: Partial<IdentityRules["otherTypes"]>): IdentityRules {
  const own = types[type] ?? defaultIdentityRules.otherTypes;
  return { ...defaultIdentityRules, types: { ...types, [type]: { ...own, ...more } } };
}

async function measure(people: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "c360-rules-cost-"));
  const file = join(directory, "state.sqlite");
  const store = openStateStore({ file, hash, foldedWith: {} });
  const events = people * eventsEach;
  const rules = new Map<number, LogRecord>();
  const recordAt = (position: number): LogRecord => rules.get(position) ?? eventOf(position);
  const loop = await createIngestionLoop({
    log: {
      read: async (from, until, most) => {
        const next = Math.min(until, from + most);
        const records = Array.from({ length: next - from }, (_, at) => stored(recordAt(from + at), from + at));
        return { records, next };
      },
      at: async () => null,
      close: async () => undefined,
    },
    store,
    messages: {
      firstPositions: async (keys) => keys.map(() => null),
      remember: async () => undefined,
      forget: () => undefined,
      close: async () => undefined,
    },
    recordsAt: async () => new Map(),
    hash,
    rules: defaultIdentityRules,
    homeCurrency: "GBP",
    now: () => start,
    onDecided: () => undefined,
    onTrouble: (error) => {
      throw error;
    },
    sleep: async () => undefined,
  });
  try {
    const folding = await timed(() => loop.run(events));
    say(
      `${people} people, ${events} events folded in ${folding.took}; state file ${megabytes(statSync(file).size)} MB`,
    );
    let at = events;
    for (const { what, rules: wanted } of trials) {
      const dry = await timed(async () => {
        const everybody = openEverybody({ file, hash });
        const effect = await rulesEffect(defaultIdentityRules, { everybody, hash, rules: wanted });
        await everybody.close();
        return effect;
      });
      const { joins, splits, affected } = dry.answer;
      const times: string[] = [];
      for (const document of [wanted, defaultIdentityRules]) {
        rules.set(at, published(document, at - events + 2));
        at += 1;
        times.push((await timed(() => loop.run(at))).took);
      }
      const effect = `${joins} joined, ${splits} split, ${affected} affected`;
      say(`${what}: dry run ${dry.took}: ${effect}; published ${times[0]}, taken back ${times[1]}`);
    }
    say(`resident at the end ${megabytes(process.memoryUsage().rss)} MB`);
  } finally {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** `ms` of the clock, and of the processor, which other work on the machine does not lengthen. */
async function timed<Answer>(work: () => Promise<Answer>): Promise<{ took: string; answer: Answer }> {
  const [startedAt, usedBefore] = [performance.now(), process.cpuUsage()];
  const answer = await work();
  const { user, system } = process.cpuUsage(usedBefore);
  return {
    took: `${Math.round(performance.now() - startedAt)} ms (CPU ${Math.round((user + system) / 1_000)})`,
    answer,
  };
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e6);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

if (values.help === true) process.stdout.write(`${usage}\n`);
else await measure(Number(values.people));
