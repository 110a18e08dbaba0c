import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { StoredRecord } from "../../platform/src/buffer/eventBuffer.ts";
import { acceptCall } from "../../platform/src/gateway/accept.ts";
import { batchOf } from "../../platform/src/gateway/batch.ts";
import { parseJson } from "../../platform/src/gateway/jsonText.ts";
import { maxEventBytes } from "../../platform/src/gateway/limits.ts";
import { compilePlan, type CompiledPlan } from "../../platform/src/gateway/plans/judging.ts";
import { readPlan } from "../../platform/src/gateway/plans/readPlan.ts";
import { recordEncoder } from "../../platform/src/gateway/records.ts";
import { defaultIdentityRules } from "../../platform/src/identity/index.ts";
import { maxDepth } from "../../platform/src/model/event.ts";
import { keyedHash } from "../../platform/src/model/keyedHash.ts";
import type { Source } from "../../platform/src/model/source.ts";
import { openShop } from "./events.ts";
import { batchRecords, openFolding, type FoldingBench } from "./foldingBench.ts";

const usage = `npm run ingest-cost --workspace bench -- [options]

What taking and deciding an event costs the processor, in this process alone: no HTTP, no log, no followers. For one
change held against another; the whole way is what npm run bench measures.

  --profiles N   customers who sign up first             (default 100000)
  --events N     events of the shop in each round        (default 100000)
  --rounds N     (default 3)
  --plan FILE    a tracking plan (JSON) that calls are held to
  --dir DIR      where the state file goes, and is removed again`;

interface Options {
  profiles: number;
  events: number;
  rounds: number;
  plan: CompiledPlan | null;
  directory: string;
}

function readOptions(): Options | null {
  const { values } = parseArgs({
    options: {
      profiles: { type: "string" },
      events: { type: "string" },
      rounds: { type: "string" },
      plan: { type: "string" },
      dir: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) return null;
  const whole = (name: "profiles" | "events" | "rounds", byDefault: number): number => {
    const value = Number(values[name] ?? byDefault);
    if (Number.isSafeInteger(value) && value >= 1) return value;
    throw new Error(`--${name} is not a whole number of at least 1`);
  };
  return {
    profiles: whole("profiles", 100_000),
    events: whole("events", 100_000),
    rounds: whole("rounds", 3),
    plan: values.plan === undefined ? null : planIn(values.plan),
    directory: values.dir ?? tmpdir(),
  };
}

function planIn(file: string): CompiledPlan {
  return compilePlan(readPlan(JSON.parse(readFileSync(file, "utf8"))), 1);
}

const source: Source = {
  id: "web",
  name: "Web shop",
  kind: "web",
  enabled: true,
  maxEventsPerSecond: null,
  createdAt: 0,
};
const startAt = Date.UTC(2026, 0, 1);
const callsPerRequest = 100;
const acceptance = { maxEventBytes, allowGuests: false, newMessageId: () => "made" };
const hash = keyedHash(Buffer.alloc(32, 7));
const encode = recordEncoder(hash);

/** µs of the processor, all threads of this process. */
function processorUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function taken(body: Buffer, plan: CompiledPlan | null): Omit<StoredRecord, "position">[] {
  const { value, isSuspect, items } = parseJson(body, maxDepth);
  const { calls, texts, shared } = batchOf(value, items);
  const options = { ...acceptance, mayBeUnstorable: isSuspect, ...(plan === null ? {} : { plan }) };
  const received = { at: startAt, ...shared };
  return calls.map((call, index) => encode(acceptCall(call, source, received, options, texts[index])));
}

function bodiesOf(make: (n: number) => string, from: number, until: number): Buffer[] {
  const bodies: Buffer[] = [];
  for (let at = from; at < until; at += callsPerRequest) {
    const calls = Array.from({ length: Math.min(callsPerRequest, until - at) }, (_, n) => make(at + n));
    bodies.push(Buffer.from(`{"batch":[${calls.join(",")}],"sentAt":"${new Date(startAt).toISOString()}"}`));
  }
  return bodies;
}

let position = 0;

/** Takes and decides so many events; `make` is not counted. */
async function round(
  what: string,
  count: number,
  make: (n: number) => string,
  { folding, plan }: { folding: FoldingBench; plan: CompiledPlan | null },
): Promise<void> {
  const cost = { take: 0, decide: 0 };
  for (let from = 0; from < count; from += batchRecords) {
    const bodies = bodiesOf(make, from, Math.min(count, from + batchRecords));
    const before = processorUs();
    const records = bodies.flatMap((body) => taken(body, plan)).map((record) => ({ ...record, position: position++ }));
    const between = processorUs();
    await folding.decide(records);
    cost.take += between - before;
    cost.decide += processorUs() - between;
  }
  const [take, decide] = [cost.take / count, cost.decide / count].map((us) => us.toFixed(1).padStart(7));
  console.log(`${what.padEnd(9)}${take}${decide}`);
}

async function measure({ profiles, events, rounds, plan, directory }: Options): Promise<void> {
  const folder = mkdtempSync(join(directory, "c360-ingest-cost-"));
  try {
    const folding = await openFolding(join(folder, "state.sqlite"), hash, defaultIdentityRules);
    const shop = openShop(1, profiles);
    console.log("µs of the processor an event\n            take decide");
    await round("sign-ups", profiles, (n) => shop.signUp(n, startAt), { folding, plan });
    for (let nth = 0; nth < rounds; nth++) {
      await round("events", events, (n) => shop.event(nth * events + n, startAt + n), { folding, plan });
    }
    await folding.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const options = readOptions();
if (options === null) console.log(usage);
else await measure(options);
