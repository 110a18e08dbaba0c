import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Plugin, rolldown } from "rolldown";

/** The Lambda functions, and the gateway's program, by the names of their files in `platform/src/runtime/aws`. */
export const handlerNames = ["forwarder", "ingest", "decide", "gateway"] as const;
export type HandlerName = (typeof handlerNames)[number];

export interface BundledHandler {
  name: HandlerName;
  /** The function's code folder, its handler `index.handler`; of the gateway a folder to run, `node index.mjs`. */
  folder: string;
  bytes: number;
}

/** Bundles each handler with all that it uses, the SDK too, into `folder/<name>/index.mjs`: what Lambda gets. */
export async function bundleHandlers(checkout: string, folder: string): Promise<BundledHandler[]> {
  return Promise.all(handlerNames.map((name) => bundleHandler(checkout, folder, name)));
}

/** A package that the platform loads at its first use, from where npm put it. */
const laterLoad = /\bload\("([\w@/.-]+)"\)/;

/**
 * What is loaded later is in the bundle too: where Lambda puts it, there is no `node_modules` to find it in. Throws where
 * a source loads something in a way that this does not know.
 */
const allWithin: Plugin = {
  name: "all-within",
  transform(code, id) {
    if (!id.includes("/platform/src/") || !code.includes("createRequire(import.meta.url)")) return null;
    const [call, name] = laterLoad.exec(code) ?? [];
    if (call === undefined || name === undefined) throw new Error(`${id} loads what no bundle would have`);
    const given = code.replace("createRequire(import.meta.url)", "undefined").replace(call, "loadedLater");
    return `import * as loadedLater from ${JSON.stringify(name)};\n${given}`;
  },
};

async function bundleHandler(checkout: string, into: string, name: HandlerName): Promise<BundledHandler> {
  const build = await rolldown({
    cwd: checkout,
    input: { index: join(checkout, `platform/src/runtime/aws/${name}.ts`) },
    platform: "node",
    tsconfig: false,
    plugins: [allWithin],
  });
  const { output } = await build.generate({
    format: "esm",
    entryFileNames: "[name].mjs",
    codeSplitting: false,
    // Names stay, for errors name them.
    minify: { compress: true, mangle: false, codegen: true },
  });
  await build.close();
  const folder = join(into, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  let bytes = 0;
  for (const one of output) {
    const code = one.type === "chunk" ? one.code : one.source;
    bytes += Buffer.byteLength(code);
    writeFileSync(join(folder, one.fileName), code);
  }
  return { name, folder, bytes };
}

if (import.meta.main) {
  const checkout = join(import.meta.dirname, "../..");
  const bundled = await bundleHandlers(checkout, join(checkout, "platform/dist/handlers"));
  for (const { name, bytes } of bundled) console.log(`${name}: ${Math.round(bytes / 1_024)} KiB`);
}
