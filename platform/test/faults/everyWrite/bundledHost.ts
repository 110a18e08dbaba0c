import { randomUUID } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";

const checkout = join(import.meta.dirname, "../../../..");
/** Their native code lies where npm put it. */
const keptApart = ["@duckdb/node-api", "classic-level"];

/** How to start `host.ts` some hundred times: bundled, a start takes a sixth of what its sources take. */
export interface BundledHost {
  readonly command: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  close(): void;
}

export async function bundleHost(): Promise<BundledHost> {
  // Within the checkout, for the packages are found from there.
  const folder = join(checkout, "platform/dist", `host-${randomUUID()}`);
  mkdirSync(folder, { recursive: true });
  const build = await rolldown({
    cwd: checkout,
    input: { host: join(import.meta.dirname, "host.ts") },
    platform: "node",
    tsconfig: false,
    external: keptApart,
  });
  await build.write({ dir: folder, format: "esm", entryFileNames: "[name].js" });
  await build.close();
  const own = Object.entries(process.env).filter(([name]) => !/^(C360|VITEST|NODE_)/i.test(name));
  return {
    command: [process.execPath, "--v8-pool-size=0", join(folder, "host.js")],
    env: {
      ...Object.fromEntries(own),
      NODE_COMPILE_CACHE: join(folder, ".cache"),
      // Calls are counted by thread: with one for all files the n-th is the same in each run.
      UV_THREADPOOL_SIZE: "1",
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
