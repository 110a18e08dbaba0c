import { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { faults } from "./faults.ts";

/** `withFault.ts NAME SCHEDULES`: simulates with a fault in the source, and says what broke as JSON, or `null`. */
const [name, schedules] = process.argv.slice(2);
const fault = faults.find((each) => each.name === name);
if (fault === undefined) throw new Error(`there is no fault "${name}"`);
const { file, from, to, where } = fault;
const target = pathToFileURL(join(import.meta.dirname, "../../src", file)).href;
let isIn = false;
registerHooks({
  load: (url, context, nextLoad) => {
    const loaded = nextLoad(url, context);
    if (url !== target) return loaded;
    isIn = true;
    const source = Buffer.from(loaded.source as Uint8Array).toString("utf8");
    return { ...loaded, source: source.replace(from, () => to) };
  },
});
const { openRunner, seedsFrom } = await import("./many.ts");
const { ruleOf } = await import("./shrink.ts");
const { temperOf } = await import("./world.ts");
if (!isIn) throw new Error(`nothing of the simulation loads ${file}`);
const runner = await openRunner();
const mostSeeds = 1_000_000;
let found: { seed: number; rule: string; after: number } | null = null;
let after = 0;
for (const seed of seedsFrom(1, mostSeeds)) {
  if (where !== undefined && temperOf(seed).weakSpot?.test(where) !== true) continue;
  if (after === Number(schedules)) break;
  after += 1;
  const run = await runner.run({ seed });
  if (run.broken === null) continue;
  found = { seed, rule: ruleOf(run), after };
  break;
}
await runner.close();
process.stdout.write(JSON.stringify(found));
