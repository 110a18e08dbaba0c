import { Command, InvalidArgumentError } from "commander";
import { platformVersion } from "../model/version.ts";
import { maxQueryRows } from "../storage/timeline.ts";
import * as access from "./accessVerbs.ts";
import { addCorrections, type Reaching } from "./correctionVerbs.ts";
import { describeCost } from "./costVerb.ts";
import { connect, type Connection, type ConnectionFlags } from "./connection.ts";
import type { CliIo } from "./io.ts";
import { describeLink } from "./linkVerb.ts";
import { type Output, outputTo } from "./output.ts";
import { type QueryFormat, queryFormats, runQuery, showProfile, showStatus, showWhy } from "./reads.ts";
import { showSearch } from "./search.ts";
import { addOperations } from "./operationVerbs.ts";
import { addPlans } from "./plansVerbs.ts";
import { addRejects } from "./rejectsVerbs.ts";
import { rebuild } from "./rebuild.ts";
import { addReviews } from "./reviewVerbs.ts";
import { addRules } from "./rulesVerbs.ts";
import { send, type SendFlags } from "./send.ts";
import { describeDemo, describeSimulate } from "./simulateVerb.ts";
import { sourceKinds } from "../model/source.ts";
import { wrongUsage } from "./usage.ts";

type SetExit = (code: number) => void;
type ReachingFlags = ConnectionFlags & { json?: boolean };

/** The verbs as commander knows them; an action says by `exit` how it ended. */
export function program(io: CliIo, exit: SetExit): Command {
  const root = new Command("c360")
    .description("Customer 360: one live profile of each customer, from every system you have")
    .configureOutput({ writeOut: (text) => io.stdout(text), writeErr: (text) => io.stderr(text) })
    .showHelpAfterError("(c360 --help, or c360 VERB --help with examples)")
    .exitOverride()
    .addHelpText("after", "\nBegin with `c360 serve`; it says what to do next. Each verb's --help has examples.");
  addServe(root, io, exit);
  root.version(platformVersion);
  addImport(root, io, exit);
  addSend(root, io, exit);
  withExamples(
    describeDemo(root.command("demo"), io, exit, wholeNumber),
    "c360 demo",
    "c360 demo --customers 500 --months 2 --rate 20 --port 8080",
  );
  withExamples(
    describeSimulate(reaching(root.command("simulate")), io, exit, wholeNumber),
    "c360 simulate --customers 1000 --seed 7",
    "c360 simulate --customers 100 --days 30 --end 2026-02-01 --out calls.ndjson --truth truth.csv",
    "c360 simulate --customers 2000 --months 6 --live --rate 20",
  );
  addReads(root, io, exit);
  addRebuild(root, io, exit);
  addOperations(root, { io, exit, reaching, withExamples, wholeNumber });
  withExamples(
    describeLink(root.command("link"), { io, exit, connected: (flags, verb) => connected(io, flags, verb) }),
    "c360 link customers.csv --id customer_id --out clusters.csv",
    "c360 link crm.csv shop.parquet --id id --right-id customer --pairs pairs.csv",
    "c360 link new.csv --id id --map dob=birth_date --map notes=ignore --model customers.model.json",
    "c360 link --profiles",
  );
  addSources(root, io, exit);
  addTokens(root, io, exit);
  withExamples(
    describeCost(root.command("cost"), io, exit),
    "c360 cost --events-per-day 10000000 --event-kb 1 --customers 5000000",
    "c360 cost --events-per-day 200000 --customers 50000 --environment dev --set lakeMonths=1 --json",
  );
  return root;
}

function withExamples(command: Command, ...examples: string[]): Command {
  const lines = examples.map((example) => `  $ ${example}`).join("\n");
  return command.addHelpText("after", `\nExamples:\n${lines}`);
}

/** The flags by which a verb reaches the platform (API.md, CLI). */
function reaching(command: Command): Command {
  return command
    .option("--json", "answer in JSON")
    .option("--url <url>", "a running server (C360_URL)")
    .option("--token <token>", "API token for it (C360_API_TOKEN)")
    .option("--data-dir <dir>", "the data directory, when there is no --url (C360_DATA_DIR)");
}

/** Runs a verb on a connection that is closed whatever happens. */
async function connected(
  io: CliIo,
  flags: ReachingFlags,
  verb: (connection: Connection, output: Output) => Promise<number>,
  options: { mayCreate?: boolean } = {},
): Promise<number> {
  const connection = await connect(io, flags, options);
  try {
    return await verb(connection, outputTo(io, { json: flags.json === true }));
  } finally {
    await connection.close();
  }
}

function wholeNumber(least: number, most: number) {
  return (text: string): number => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`);
  };
}

function addServe(root: Command, io: CliIo, exit: SetExit): void {
  const command = root
    .command("serve")
    .description("start the platform; Ctrl-C stops it")
    .option("--port <port>", "where to listen (C360_PORT, 3600)")
    .option("--host <host>", "on which address (C360_HOST, 127.0.0.1)")
    .option("--data-dir <dir>", "where everything is kept (C360_DATA_DIR, ./data)")
    .action(async (flags: { port?: string; host?: string; dataDir?: string }) => {
      const { serve } = await import("./serve.ts");
      exit(await serve(io, flags));
    });
  withExamples(
    command,
    "c360 serve",
    "c360 serve --port 8080 --data-dir /var/lib/c360",
    "C360_LOG_LEVEL=warn c360 serve",
  );
}

function addImport(root: Command, io: CliIo, exit: SetExit): void {
  const command = reaching(root.command("import"))
    .argument("<file>", "CSV, NDJSON or Parquet")
    .description("import a file through a mapping; the same file again changes nothing")
    .requiredOption("--map <mapping>", "the mapping (JSON): which column is what")
    .option("--source <id>", "the source it counts for, in place of the mapping's")
    .option("--kind <kind>", "the kind of a source that is new: crm, erp, pos, iot, social, web or mobile")
    .option("--rejects <file>", "write every reject to it, one JSON object a line")
    .action(
      async (
        file: string,
        flags: ReachingFlags & { map: string; source?: string; kind?: string; rejects?: string },
      ) => {
        const run = async (connection: Connection, output: Output): Promise<number> => {
          const { runImport } = await import("./import.ts");
          return runImport(file, flags, connection, output);
        };
        exit(await connected(io, flags, run, { mayCreate: true }));
      },
    );
  withExamples(
    command,
    "c360 import orders.csv --map orders.mapping.json",
    "c360 import customers.parquet --map crm.mapping.json --source crm --json",
  );
}

function addSend(root: Command, io: CliIo, exit: SetExit): void {
  const command = reaching(root.command("send"))
    .argument("<file>", "NDJSON, one Segment-shaped call a line; - is standard input")
    .description("send Segment-shaped calls")
    .option("--write-key <key>", "send as an SDK would, to a server (C360_WRITE_KEY)")
    .option(
      "--source <id>",
      "send as this source, by an API token or into the data directory; without it each line names its `source`",
    )
    .action(async (file: string, flags: SendFlags & { json?: boolean }) => {
      exit(await send(io, outputTo(io, { json: flags.json === true }), file, flags));
    });
  withExamples(
    command,
    "c360 send calls.ndjson --write-key wk_…",
    `echo '{"type":"identify","userId":"ada","traits":{"firstName":"Ada"}}' | c360 send - --source crm`,
    "c360 simulate --customers 100 --out calls.ndjson && c360 send calls.ndjson",
    "c360 send calls.ndjson --source web --url https://c360.example.com --token TOKEN",
  );
}

function addReads(root: Command, io: CliIo, exit: SetExit): void {
  const profile = reaching(root.command("profile"))
    .arguments("<type> <value>")
    .description("who a customer is")
    .option("--events <count>", "also the newest events", wholeNumber(0, 1_000), 0)
    .action(async (type: string, value: string, flags: ReachingFlags & { events: number }) => {
      exit(await connected(io, flags, (to, output) => showProfile(to, output, { type, value, events: flags.events })));
    });
  withExamples(
    profile,
    "c360 profile email ada@example.com",
    "c360 profile user_id ada --events 20",
    "c360 profile loyalty_card 778 --json",
  );

  addSearch(root, io, exit);

  const why = reaching(root.command("why"))
    .arguments("<a> <b>")
    .description("why two identifiers are one person, or why not")
    .action(async (a: string, b: string, flags: ReachingFlags) => {
      exit(await connected(io, flags, (to, output) => showWhy(to, output, a, b)));
    });
  withExamples(why, "c360 why email:ada@example.com user_id:ada", "c360 why email:ada@example.com pos_card:778 --json");

  const reach: Reaching = {
    reaching,
    withExamples,
    wholeNumber,
    run: async (flags, verb) => exit(await connected(io, flags, verb)),
  };
  addCorrections(root, reach);
  addReviews(root, reach);
  addRules(root, io, reach);
  addPlans(root, reach);
  addRejects(root, io, reach);
  addQuery(root, io, exit);

  const status = reaching(root.command("status"))
    .description("how far everything is")
    .action(async (flags: ReachingFlags) => {
      exit(await connected(io, flags, showStatus));
    });
  withExamples(status, "c360 status", "c360 status --json");
}

function addSearch(root: Command, io: CliIo, exit: SetExit): void {
  const command = reaching(root.command("search"))
    .argument("<text...>", "words of a name, e-mail address, phone number, city or identifier")
    .description("find customers, misspelt too")
    .option("--source <source>", "only those that a kind of source, or one source, has seen")
    .option("--limit <count>", "at most so many", wholeNumber(1, 1_000), 20)
    .action(async (words: string[], flags: ReachingFlags & { source?: string; limit: number }) => {
      const { limit, source } = flags;
      const wanted = { q: words.join(" "), limit, ...(source === undefined ? {} : { source }) };
      exit(await connected(io, flags, (to, output) => showSearch(to, output, wanted)));
    });
  withExamples(command, "c360 search jhon smtih", "c360 search 7946 0958", "c360 search ada@example.com --json");
}

function addQuery(root: Command, io: CliIo, exit: SetExit): void {
  const command = reaching(root.command("query"))
    .argument("<sql>", "one SELECT over events, profiles, identifiers, orders, order_lines, households")
    .description("ask in SQL")
    .option("--format <format>", `one of ${queryFormats.join(", ")}; table by default`)
    .option("--limit <rows>", "at most so many rows", wholeNumber(1, maxQueryRows), 1_000)
    .action(async (sql: string, flags: ReachingFlags & { format?: string; limit: number }) => {
      const format = formatOf(flags);
      exit(await connected(io, flags, (to, output) => runQuery(to, output, { sql, limit: flags.limit, format })));
    });
  withExamples(
    command,
    `c360 query 'SELECT channel, sum(net_minor) FROM orders GROUP BY channel'`,
    `c360 query 'SELECT * FROM profiles' --format csv --limit 100000 > profiles.csv`,
  );
}

function formatOf({ format, json }: { format?: string; json?: boolean }): QueryFormat {
  if (format === undefined) return json === true ? "json" : "table";
  const known = queryFormats.find((one) => one === format);
  if (known === undefined) {
    throw wrongUsage("That is not a format.", `One of: ${queryFormats.join(", ")}.`);
  }
  if (known === "parquet") {
    throw wrongUsage(
      "Parquet cannot be written: answers come as JSON, through the gate that every query passes.",
      "Use --format csv; DuckDB makes Parquet of it: COPY (FROM 'x.csv') TO 'x.parquet'.",
    );
  }
  if (json === true && known !== "json") throw wrongUsage("--json and --format contradict each other.", "Give one.");
  return known;
}

function addRebuild(root: Command, io: CliIo, exit: SetExit): void {
  const command = root
    .command("rebuild")
    .description("fold the log again into people and profiles; needs the data directory for itself")
    .option("--verify", "change nothing: fold beside the live state and compare", false)
    .option("--json", "answer in JSON")
    .option("--data-dir <dir>", "the data directory (C360_DATA_DIR)")
    .action(async (flags: { verify: boolean; json?: boolean; dataDir?: string }) => {
      exit(await rebuild(io, outputTo(io, { json: flags.json === true }), flags));
    });
  withExamples(command, "c360 rebuild --verify", "c360 rebuild --data-dir /var/lib/c360");
}

function addSources(root: Command, io: CliIo, exit: SetExit): void {
  const group = root.command("sources").description("the systems that send events, and their write keys");
  withExamples(group, "c360 sources", "c360 sources create pos --kind pos", "c360 sources rotate web");

  const list = reaching(group.command("list", { isDefault: true }))
    .description("all sources")
    .action(async (flags: ReachingFlags) => {
      exit(await connected(io, flags, access.listSources));
    });
  withExamples(list, "c360 sources", "c360 sources list --json");

  const create = reaching(group.command("create"))
    .argument("<id>")
    .description("a new source; its write key is printed once")
    .requiredOption("--kind <kind>", `one of ${sourceKinds.join(", ")}`)
    .option("--name <name>", "what people call it")
    .action(async (id: string, flags: ReachingFlags & { kind: string; name?: string }) => {
      const wanted = {
        id,
        kind: access.sourceKindOf(flags.kind),
        ...(flags.name === undefined ? {} : { name: flags.name }),
      };
      exit(await connected(io, flags, (to, output) => access.createSource(to, output, wanted), { mayCreate: true }));
    });
  withExamples(
    create,
    `c360 sources create pos --kind pos --name "Tills"`,
    "KEY=$(c360 sources create web --kind web)",
  );

  const rotate = reaching(group.command("rotate"))
    .argument("<id>")
    .description("a new write key; the old one stops at once")
    .action(async (id: string, flags: ReachingFlags) => {
      exit(await connected(io, flags, (to, output) => access.rotateWriteKey(to, output, id)));
    });
  withExamples(rotate, "c360 sources rotate default");

  for (const enabled of [true, false]) {
    const verb = enabled ? "enable" : "disable";
    const command = reaching(group.command(verb))
      .argument("<id>")
      .description(enabled ? "let it send again" : "refuse its events until it is enabled again")
      .action(async (id: string, flags: ReachingFlags) => {
        exit(await connected(io, flags, (to, output) => access.setEnabled(to, output, id, enabled)));
      });
    withExamples(command, `c360 sources ${verb} pos`);
  }

  const limit = reaching(group.command("limit"))
    .argument("<id>")
    .argument("<rate>", "events a second, or none")
    .description("how much it may send; more is told to come again")
    .action(async (id: string, rate: string, flags: ReachingFlags) => {
      exit(await connected(io, flags, (to, output) => access.limitRate(to, output, id, rate)));
    });
  withExamples(limit, "c360 sources limit web 500", "c360 sources limit web none");
}

function addTokens(root: Command, io: CliIo, exit: SetExit): void {
  const group = root.command("tokens").description("API tokens, for people and programs that read");
  withExamples(group, "c360 tokens", "c360 tokens create docs", "c360 tokens revoke ID");

  const list = reaching(group.command("list", { isDefault: true }))
    .description("all tokens by name")
    .action(async (flags: ReachingFlags) => {
      exit(await connected(io, flags, access.listTokens));
    });
  withExamples(list, "c360 tokens", "c360 tokens list --json");

  const create = reaching(group.command("create"))
    .argument("<name>", "what it is for")
    .description("a new token, printed once")
    .action(async (name: string, flags: ReachingFlags) => {
      exit(await connected(io, flags, (to, output) => access.createToken(to, output, name), { mayCreate: true }));
    });
  withExamples(create, "c360 tokens create dashboard", "TOKEN=$(c360 tokens create docs)");

  const revoke = reaching(group.command("revoke"))
    .argument("<id>", "from c360 tokens")
    .description("a token stops at once")
    .action(async (id: string, flags: ReachingFlags) => {
      exit(await connected(io, flags, (to, output) => access.revokeToken(to, output, id)));
    });
  withExamples(revoke, "c360 tokens revoke t2");
}
