import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { evidenceComponents } from "./evidenceComponents.ts";
import { report, type Options, type Scored, type Simulated } from "./identityReport.ts";
import { retailTruthOf, type RetailTruth } from "./retailTruth.ts";
import { scorePairs } from "./pairScore.ts";
import { falsePairCauses, splitCauses, splitsOf } from "./scoreCauses.ts";
import { serverPaths, startServer, type Server } from "./server.ts";

const usage = `npm run identity-score --workspace bench -- [options]

Sends a simulated retailer's history through a server of its own, and holds its people against the truth.

  --customers N   (default 10000)
  --days N        of history (default 365)
  --seed N        (default 1)
  --samples N     profiles of several people, and people in several profiles, to print (default 5)
  --json FILE     write everything that was measured
  --dir DIR       where the server's data goes`;

/** The server's, which is told of no other. */
const homeCurrency = "GBP";

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
  const program = fileURLToPath(new URL("../../platform/bin/c360.js", import.meta.url));
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
    falsePairs: falsePairCauses(truth, profile),
    splits: splitsOf(truth, profile),
  };
}

/** Questions to the platform about what it did not join. */
const maxAsked = 400;

/** The platform's own reason, in the words of its rule. */
async function reasonOf(server: Server, a: string, b: string): Promise<string> {
  const response = await fetch(`${server.url}/api/identity/why`, {
    method: "POST",
    headers: { authorization: server.authorization, "content-type": "application/json" },
    body: JSON.stringify({ a, b }),
  });
  const { refused = [], explanation = "" } = (await response.json()) as {
    refused?: { reason: string | null }[];
    explanation?: string;
  };
  const rules = refused.map(({ reason }) => /\(rule: (.*)\)/.exec(reason ?? "")?.[1] ?? "no rule");
  return (
    [...new Set(rules)].sort().join(" and ") || (/\(rule: (.*?)\)/.exec(explanation)?.[1] ?? "nothing connects them")
  );
}

async function run(options: Options): Promise<void> {
  if (options.dir !== null) mkdirSync(options.dir, { recursive: true });
  const directory = mkdtempSync(join(options.dir ?? tmpdir(), "c360-identity-"));
  const paths = serverPaths(directory);
  const server = await startServer(paths);
  let isStopped = false;
  try {
    say("sending");
    const sent = await simulate(server, options);
    say(`${sent.events} events sent; working out the truth`);
    const { customers, days, seed } = options;
    const truth = retailTruthOf({ customers, days, seed, startMs: Date.parse(sent.start) });
    if (truth.events !== sent.events) throw new Error(`sent ${sent.events} events, the plan has ${truth.events}`);
    const profiles = await profilesOf(server, truth.keys.length);
    const result = scored(truth, profiles);
    const lost = await splitCauses(result.splits, maxAsked, (a, b) => reasonOf(server, a, b));
    say("measuring evidence components");
    await server.stop();
    isStopped = true;
    const evidence = await evidenceComponents(paths.dataDir, homeCurrency);
    report(options, truth, sent, { ...result, lost, evidence }, profiles);
    const { score, unknown, sharedInProfiles, mixedProfiles, splitPeople, falsePairs } = result;
    const counts = { unknown, sharedInProfiles, mixedProfiles: mixedProfiles.length, splitPeople: splitPeople.length };
    if (options.json !== null)
      writeFileSync(
        options.json,
        `${JSON.stringify({ options, sent, score, counts, falsePairs, lost, evidence }, null, 2)}\n`,
      );
  } finally {
    if (!isStopped) await server.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

const options = readOptions();
if (options === null) process.stdout.write(`${usage}\n`);
else await run(options);
