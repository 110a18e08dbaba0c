import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { retailTruthOf, type RetailTruth } from "./retailTruth.ts";
import { scorePairs, type PairScore } from "./pairScore.ts";
import { serverPaths, startServer, type Server } from "./server.ts";

const usage = `npm run identity-score --workspace bench -- [options]

Sends a simulated retailer's history through a server of its own, and holds its people against the truth.

  --customers N   (default 10000)
  --days N        of history (default 365)
  --seed N        (default 1)
  --samples N     profiles of several people, and people in several profiles, to print (default 5)
  --json FILE     write everything that was measured
  --dir DIR       where the server's data goes`;

interface Options {
  customers: number;
  days: number;
  seed: number;
  samples: number;
  json: string | null;
  dir: string | null;
}

/** What `c360 simulate --json` tells. */
interface Simulated {
  start: string;
  events: number;
  sentMs: number;
  elapsedMs: number;
}

interface Scored {
  score: PairScore;
  /** Identifiers that SQL does not show: they have no profile. */
  unknown: number;
  sharedInProfiles: number;
  mixedProfiles: { profile: number; people: number[] }[];
  splitPeople: { person: number; profiles: number }[];
}

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

function readOptions(): Options | null {
  const number = { type: "string" } as const;
  const { values } = parseArgs({
    options: {
      customers: number,
      days: number,
      seed: number,
      samples: number,
      json: { type: "string" },
      dir: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) return null;
  const whole = (name: "customers" | "days" | "seed" | "samples", byDefault: number): number => {
    const value = Number(values[name] ?? byDefault);
    if (Number.isSafeInteger(value) && value >= 0) return value;
    throw new Error(`--${name} is not a whole number`);
  };
  return {
    customers: whole("customers", 10_000),
    days: whole("days", 365),
    seed: whole("seed", 1),
    samples: whole("samples", 5),
    json: values.json ?? null,
    dir: values.dir ?? null,
  };
}

async function simulate(server: Server, options: Options): Promise<Simulated> {
  const program = fileURLToPath(new URL("../../platform/bin/c360.ts", import.meta.url));
  const { customers, days, seed } = options;
  const flags = ["--customers", customers, "--days", days, "--seed", seed, "--json", "--url", server.url].map(String);
  const env = { ...process.env, C360_API_TOKEN: server.authorization.replace("Bearer ", "") };
  const child = spawn(process.execPath, [program, "simulate", ...flags], { env, stdio: ["ignore", "pipe", "inherit"] });
  const [told, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  if (code !== 0) throw new Error(`c360 simulate ended with ${String(code)}`);
  return JSON.parse(told) as Simulated;
}

/** The API gives 10,000 rows an answer; hashing makes pages of about this size. */
const rowsPerPage = 7_000;
const maxRows = 10_000;

/** By identifier, its profile. */
async function profilesOf(server: Server, identifiers: number): Promise<Map<string, string>> {
  const pages = Math.max(1, Math.ceil((identifiers * 1.1) / rowsPerPage));
  const profiles = new Map<string, string>();
  for (let page = 0; page < pages; page++) {
    const sql = `SELECT type || ':' || value, profile_id FROM identifiers WHERE hash(type || ':' || value) % ${pages} = ${page}`;
    const response = await fetch(`${server.url}/api/query`, {
      method: "POST",
      headers: { authorization: server.authorization, "content-type": "application/json" },
      body: JSON.stringify({ sql, limit: maxRows }),
    });
    const answer = (await response.json()) as { rows?: [string, string][]; truncated?: boolean };
    if (answer.rows === undefined || answer.truncated === true)
      throw new Error(`query: ${JSON.stringify(answer).slice(0, 500)}`);
    for (const [key, profile] of answer.rows) profiles.set(key, profile);
  }
  return profiles;
}

function scored(truth: RetailTruth, profiles: Map<string, string>): Scored {
  const numbers = new Map<string, number>();
  let unknown = 0;
  const profile = Int32Array.from(truth.keys, (key, index) => {
    const id = profiles.get(key);
    if (id === undefined) {
      unknown++;
      return -1 - index;
    }
    const number = numbers.get(id) ?? numbers.size;
    numbers.set(id, number);
    return number;
  });
  const people = new Map<number, Set<number>>();
  const homes = new Map<number, Set<number>>();
  for (const [index, owner] of truth.person.entries()) {
    const home = profile[index] ?? 0;
    people.set(home, (people.get(home) ?? new Set()).add(owner));
    homes.set(owner, (homes.get(owner) ?? new Set()).add(home));
  }
  return {
    score: scorePairs({ person: truth.person, profile, evidence: truth.evidence }),
    unknown,
    sharedInProfiles: truth.shared.filter((key) => profiles.has(key)).length,
    mixedProfiles: [...people].flatMap(([at, owners]) =>
      owners.size > 1 ? [{ profile: at, people: [...owners] }] : [],
    ),
    splitPeople: [...homes].flatMap(([person, own]) => (own.size > 1 ? [{ person, profiles: own.size }] : [])),
  };
}

function report(
  options: Options,
  truth: RetailTruth,
  sent: Simulated,
  result: Scored,
  profiles: Map<string, string>,
): void {
  const { score, mixedProfiles, splitPeople } = result;
  const perS = (ms: number): string => Math.round((sent.events / ms) * 1_000).toLocaleString("en-US");
  const atHome = mixedProfiles.filter(({ people }) => new Set(people.map(truth.householdOf)).size === 1).length;
  const percent = (part: number): string => `${(part * 100).toFixed(3)} %`;
  process.stdout.write(`
${options.customers.toLocaleString("en-US")} customers, ${options.days} days, seed ${options.seed}: ${sent.events.toLocaleString("en-US")} events
acknowledged       ${perS(sent.sentMs)} events/s
the whole way      ${perS(sent.elapsedMs)} events/s, until profiles and SQL had them
identifiers        ${truth.keys.length} of one person each, ${truth.shared.length} shared by design (left out of the pairs)
precision          ${percent(score.precision)} of ${score.joinedPairs} joined pairs
recall             ${percent(score.recall)} of ${score.truePairs} pairs of one person
recall, knowable   ${percent(score.knowableRecall)} of ${score.knowablePairs} pairs with evidence between them
mixed profiles     ${mixedProfiles.length} hold identifiers of several people, ${atHome} of them of one household
split people       ${splitPeople.length} are in several profiles
`);
  for (const { profile, people } of mixedProfiles.slice(0, options.samples)) {
    process.stdout.write(`\nprofile ${profile} mixes people ${people.join(", ")}\n`);
    for (const person of people) process.stdout.write(`${described(truth, profiles, person)}\n`);
  }
  for (const { person } of lostKnowable(truth, profiles).slice(0, options.samples)) {
    process.stdout.write(
      `\nperson ${person} is split, though evidence connects it:\n${described(truth, profiles, person)}\n`,
    );
  }
}

/** People of whom the evidence says more than the platform found. */
function lostKnowable(truth: RetailTruth, profiles: Map<string, string>): { person: number }[] {
  const homes = new Map<number, string | undefined>();
  const lost = new Set<number>();
  for (const [index, key] of truth.keys.entries()) {
    const connected = truth.evidence[index] ?? 0;
    const home = profiles.get(key);
    if (!homes.has(connected)) homes.set(connected, home);
    else if (homes.get(connected) !== home) lost.add(truth.person[index] ?? 0);
  }
  return [...lost].map((person) => ({ person }));
}

function described(truth: RetailTruth, profiles: Map<string, string>, person: number): string {
  return truth.keys
    .flatMap((key, index) =>
      truth.person[index] === person ? [`  ${person}  ${profiles.get(key) ?? "-"}  ${key}`] : [],
    )
    .join("\n");
}

async function run(options: Options): Promise<void> {
  if (options.dir !== null) mkdirSync(options.dir, { recursive: true });
  const directory = mkdtempSync(join(options.dir ?? tmpdir(), "c360-identity-"));
  const server = await startServer(serverPaths(directory));
  try {
    say("sending");
    const sent = await simulate(server, options);
    say(`${sent.events} events sent; working out the truth`);
    const { customers, days, seed } = options;
    const truth = retailTruthOf({ customers, days, seed, startMs: Date.parse(sent.start) });
    if (truth.events !== sent.events) throw new Error(`sent ${sent.events} events, the plan has ${truth.events}`);
    const profiles = await profilesOf(server, truth.keys.length);
    const result = scored(truth, profiles);
    report(options, truth, sent, result, profiles);
    const { score, unknown, sharedInProfiles, mixedProfiles, splitPeople } = result;
    const counts = { unknown, sharedInProfiles, mixedProfiles: mixedProfiles.length, splitPeople: splitPeople.length };
    if (options.json !== null)
      writeFileSync(options.json, `${JSON.stringify({ options, sent, score, counts }, null, 2)}\n`);
  } finally {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

const options = readOptions();
if (options === null) process.stdout.write(`${usage}\n`);
else await run(options);
