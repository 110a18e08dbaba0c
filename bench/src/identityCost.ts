import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { peopleOver } from "../../platform/src/adapters/embedded/state/people.ts";
import { openStateReader } from "../../platform/src/adapters/embedded/state/schema.ts";
import { defaultIdentityRules, identityReads, resolve } from "../../platform/src/identity/index.ts";
import { keyedHash } from "../../platform/src/model/keyedHash.ts";
import { chain, hub, star, tangle, type EventKeys } from "./identityShapes.ts";
import { batchRecords, evidenceOfEvents, openFolding, type FoldingBench } from "./foldingBench.ts";
import { aligned } from "./table.ts";

const usage = `npm run identity-cost --workspace bench -- [options]

What it costs to say anew who is who where much hangs together: resolving alone, one more event through the pipeline,
and a question why. In milliseconds of the processor, so that neither the disk nor other programs count.

  --identifiers N   in a component (default 1000)
  --hub N           identifiers around one hub (default 100000)
  --events N        measured for each figure (default 100)
  --json FILE       write the figures
  --dir DIR         where the state goes, and is removed (default: the system's temporary directory)
  --help`;

interface Figure {
  shape: string;
  identifiers: number;
  /** Milliseconds of this thread's processor, median and all but one in a hundred: the disk's are not identity's. */
  resolveMs: { p50: number; p99: number } | null;
  eventMs: { p50: number; p99: number };
  whyMs: { p50: number; p99: number } | null;
}

const hash = keyedHash(Buffer.alloc(32, 7));

function quantilesOf(ms: readonly number[]): { p50: number; p99: number } {
  const sorted = ms.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}

async function timed(turns: number, work: (turn: number) => unknown): Promise<{ p50: number; p99: number }> {
  const ms: number[] = [];
  for (let turn = -Math.min(20, turns); turn < turns; turn++) {
    const before = process.threadCpuUsage();
    await work(turn);
    const { user, system } = process.threadCpuUsage(before);
    if (turn >= 0) ms.push((user + system) / 1_000);
  }
  return quantilesOf(ms);
}

/** `cap`: the component is let grow to its whole size, so that resolving it is measured, and not where it is cut. */
async function component(shape: string, events: readonly EventKeys[], options: Options, cap: number): Promise<Figure> {
  const rules = { ...defaultIdentityRules, maxEvidenceIdentifiers: cap };
  const input = evidenceOfEvents(events, rules);
  const resolveMs = await timed(options.events, () => resolve(input, rules));
  const directory = mkdtempSync(join(options.dir ?? tmpdir(), "c360-identity-cost-"));
  const file = join(directory, "state.sqlite");
  const folding = await openFolding(file, hash, rules);
  try {
    await folding.fold(events);
    const last = events.at(-1)?.[0] ?? "";
    const eventMs = await timed(options.events, (turn) => folding.fold([[last, `anonymous_id:later${turn + 20}`]]));
    const reader = openStateReader(file);
    const { why } = identityReads({ people: peopleOver(reader, hash), hash, rules });
    const [first = ""] = events[0] ?? [];
    const whyMs = await timed(options.events, () => why(first, last));
    reader.close();
    return { shape, identifiers: input.identifiers.length, resolveMs, eventMs, whyMs };
  } finally {
    await folding.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** One event of a new customer each, who has met the hub or has not. */
async function neighbours(options: Options): Promise<Figure[]> {
  const directory = mkdtempSync(join(options.dir ?? tmpdir(), "c360-identity-cost-"));
  const folding: FoldingBench = await openFolding(join(directory, "state.sqlite"), hash, defaultIdentityRules);
  try {
    const around = hub(options.hub);
    await folding.fold(around);
    const far = await timed(options.events, (turn) =>
      folding.fold([[`email:far${turn + 20}@x.example`, `crm_id:f${turn + 20}`]]),
    );
    const near = await timed(options.events, (turn) =>
      folding.fold([[`email:near${turn + 20}@x.example`, `crm_id:n${turn + 20}`, around[0]?.[0] ?? ""]]),
    );
    const common = { resolveMs: null, whyMs: null };
    return [
      { shape: "a new customer, with the hub", identifiers: options.hub, eventMs: near, ...common },
      { shape: "a new customer, without it", identifiers: options.hub, eventMs: far, ...common },
    ];
  } finally {
    await folding.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Events of known customers on their known devices: what saying who is who adds to each, in µs of the processor. */
async function nothingNew(options: Options): Promise<number> {
  const directory = mkdtempSync(join(options.dir ?? tmpdir(), "c360-identity-cost-"));
  const folding = await openFolding(join(directory, "state.sqlite"), hash, defaultIdentityRules);
  try {
    const customers = Array.from({ length: batchRecords }, (_, n) => [
      `user_id:known${n}`,
      `anonymous_id:device${n}`,
      `email:known${n}@x.example`,
    ]);
    await folding.fold(customers);
    return await folding.resolveUs(customers, options.events);
  } finally {
    await folding.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

interface Options {
  identifiers: number;
  hub: number;
  events: number;
  json: string | null;
  dir: string | null;
}

function readOptions(): Options | null {
  const text = { type: "string" } as const;
  const names = {
    identifiers: text,
    hub: text,
    events: text,
    json: text,
    dir: text,
    help: { type: "boolean" },
  } as const;
  const { values } = parseArgs({ options: names });
  if (values.help === true) return null;
  const whole = (name: "identifiers" | "hub" | "events", byDefault: number): number => {
    const value = Number(values[name] ?? byDefault);
    if (Number.isSafeInteger(value) && value >= 3) return value;
    throw new Error(`--${name} is a whole number from 3`);
  };
  return {
    identifiers: whole("identifiers", 1_000),
    hub: whole("hub", 100_000),
    events: whole("events", 100),
    json: values.json ?? null,
    dir: values.dir ?? null,
  };
}

function table(figures: readonly Figure[]): string {
  const ms = (quantiles: { p50: number; p99: number } | null): string[] =>
    quantiles === null ? ["-", "-"] : [quantiles.p50.toFixed(2), quantiles.p99.toFixed(2)];
  const head = ["", "identifiers", "resolve p50", "p99 ms", "event p50", "p99 ms", "why p50", "p99 ms"];
  const rows = figures.map(({ shape, identifiers, resolveMs, eventMs, whyMs }) => [
    shape,
    String(identifiers),
    ...ms(resolveMs),
    ...ms(eventMs),
    ...ms(whyMs),
  ]);
  return aligned([head, ...rows], ["left", ...head.slice(1).map(() => "right" as const)]);
}

const options = readOptions();
if (options === null) process.stdout.write(`${usage}\n`);
else {
  const { identifiers } = options;
  const cap = defaultIdentityRules.maxEvidenceIdentifiers;
  const figures = [
    await component("chain, cut by the cap", chain(identifiers), options, cap),
    await component("chain, whole", chain(identifiers), options, identifiers * 2),
    await component("one customer, cut by the cap", star(identifiers), options, cap),
    await component("tangle, whole", tangle(identifiers), options, identifiers * 2),
    ...(await neighbours(options)),
  ];
  const known = await nothingNew(options);
  process.stdout.write(table(figures));
  process.stdout.write(`nothing new is learned: ${known.toFixed(2)} µs an event (goal: at most 5)\n`);
  const told = { shapes: figures, nothingNewUs: known };
  if (options.json !== null) writeFileSync(options.json, `${JSON.stringify(told, null, 2)}\n`);
}
