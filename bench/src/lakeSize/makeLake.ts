import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { openEngine, transaction, type Engine } from "../../../platform/src/adapters/embedded/analytics/engine.ts";
import {
  defaultLakeLimits,
  openLake,
  type LakeLimits,
} from "../../../platform/src/adapters/embedded/analytics/lake.ts";
import { quoted } from "../../../platform/src/adapters/embedded/analytics/sqlText.ts";
import { fragmentNumber } from "../../../platform/src/adapters/embedded/analytics/tables.ts";
import { fragmentKey } from "../../../platform/src/model/fragment.ts";
import { fragmentIdOf, type KeyedHash } from "../../../platform/src/model/keyedHash.ts";
import { visits } from "../catalogue.ts";
import { openShop } from "../events.ts";
import { combinations } from "./historyDraws.ts";
import { identifiersOf, source } from "./historyEvent.ts";
import { customerColumns, insertHistorySql, tables } from "./historySql.ts";
import { shopProducts } from "./kinds.ts";
import { endOf, historyMs, type LakePlan } from "./plan.ts";

const memoryLimitMb = 2_048;
const slice = 5_000;

export interface LakeMaking {
  directory: string;
  plan: LakePlan;
  hash: KeyedHash;
  say: (line: string) => void;
  lakeLimits?: Partial<LakeLimits>;
}

/**
 * The analytic database and its lake, filled as by an import: hot rows from SQL, everything after that by the mover and
 * the merger of the platform, with its limits. Profiles and orders are left to the follower, which copies them.
 */
export async function makeLake({ directory, plan, hash, say, lakeLimits }: LakeMaking): Promise<void> {
  const engine = await openEngine({ directory, memoryLimitMb });
  const { writer, paths } = engine;
  try {
    await stageParts(engine, plan, hash);
    const now = (): number => plan.startMs + historyMs;
    // What came three years ago would be moved at once for its age.
    const limits = { ...defaultLakeLimits, ...lakeLimits, maxHotAgeMs: Number.POSITIVE_INFINITY };
    // With what a move leaves hot, a little more than is moved for.
    const batchEvents = limits.maxHotRows - limits.keepHotRows + 1;
    const lake = await openLake({ writer, directory: paths.lake, limits, now, keptFrom: () => 0 });
    for (let from = 0; from < plan.events; from += batchEvents) {
      const until = Math.min(plan.events, from + batchEvents);
      await writer.run(insertHistorySql(plan, { from, until }));
      while (await lake.step());
      if (until % (10 * batchEvents) === 0 || until === plan.events) say(`lake: ${until} events`);
    }
    await transaction(writer, async () => {
      await writer.run(`UPDATE store.progress SET position = ${endOf(plan)}`);
    });
    await writer.run("CHECKPOINT");
  } finally {
    engine.close();
  }
}

/** What events are put together from, as temporary tables. */
async function stageParts({ writer, paths }: Engine, plan: LakePlan, hash: KeyedHash): Promise<void> {
  const stage = async (table: string, columns: string, rows: Iterable<object>): Promise<void> => {
    const file = join(paths.stage, "made.ndjson");
    const descriptor = openSync(file, "w", 0o600);
    for (const some of slices(rows)) writeSync(descriptor, some.map((row) => `${JSON.stringify(row)}\n`).join(""));
    closeSync(descriptor);
    await writer.run(`CREATE TEMP TABLE ${table.replace("temp.", "")} AS SELECT * FROM read_json(${quoted(file)},
      format = 'newline_delimited', columns = ${columns})`);
    rmSync(file);
  };
  const products = shopProducts(plan.seed).map(({ priceCents, ...product }, i) => ({
    i,
    price: priceCents,
    ...product,
  }));
  const contexts = visits(plan.seed).map((context, i) => ({ i, context: JSON.parse(context) as unknown }));
  await stage(tables.customers, customerColumns, customersOf(plan, hash));
  await stage(
    tables.products,
    `{i: 'BIGINT', price: 'BIGINT', view: 'VARCHAR', line: 'VARCHAR', category: 'VARCHAR', title: 'VARCHAR',
      url: 'VARCHAR', path: 'VARCHAR'}`,
    products,
  );
  await stage(tables.visits, "{i: 'BIGINT', context: 'JSON'}", contexts);
}

function* customersOf({ seed, customers }: LakePlan, hash: KeyedHash): Generator<object> {
  const shop = openShop(seed, customers);
  for (let i = 0; i < customers; i++) {
    const customer = shop.customer(i);
    const { userId, anonymousId, email } = customer;
    const fragments = combinations.flatMap((combination) => {
      const fragment = fragmentIdOf(hash, fragmentKey(identifiersOf(customer, combination), source.source));
      return [
        [combination, fragment],
        [`${combination}_key`, fragmentNumber(fragment)],
      ];
    });
    yield { i, user_id: userId, anonymous_id: anonymousId, email, ...Object.fromEntries(fragments) };
  }
}

function* slices(rows: Iterable<object>): Generator<object[]> {
  let some: object[] = [];
  for (const row of rows) {
    some.push(row);
    if (some.length < slice) continue;
    yield some;
    some = [];
  }
  yield some;
}
