import { randomUUID } from "node:crypto";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { type OutputAsset, type OutputChunk, rolldown } from "rolldown";
import { ownSources } from "./bundledSources.ts";
import { type BundledFile, type BundleManifest, freshBundle, manifestPath, sha256Of } from "./freshBundle.js";

/** Packages whose files have to lie where npm put them: native code, and what looks for files beside itself. */
const keptApart = ["@duckdb/node-api", "classic-level", "@fastify/static", "@fastify/swagger", "@fastify/swagger-ui"];
/** Says which packages are installed where; not every installer writes it. */
const installed = "node_modules/.package-lock.json";
const entryName = "cli-main.js";
/** Of a former bundle, since it was made. */
const keptMs = 24 * 3_600_000;

/**
 * Bundles the platform of a checkout into few files, for a start is mostly the loading of some 1,500 small
 * ones; `bin/c360.js` runs them for as long as nothing that they were made of has changed. Does nothing where they are
 * fresh already. Throws when a source does not parse, or uses `import.meta` in a way that a bundle would change.
 */
export async function bundle(checkout: string): Promise<BundleManifest> {
  // As the bundler tells paths.
  const root = realpathSync(checkout);
  const known = freshBundle(root);
  if (known !== null) return known;
  const { files, output } = await bundled(root);
  // Another each time: who runs the one before is left alone, also by two who bundle at the same time.
  const folder = join(dirname(manifestPath), randomUUID());
  const written = write(root, folder, output);
  const manifest = { folder, entry: entryName, files: [...files, ...written] };
  publish(root, manifest);
  return manifest;
}

async function bundled(root: string): Promise<{ files: BundledFile[]; output: (OutputChunk | OutputAsset)[] }> {
  // As deep as the folder that it is written to.
  const dir = join(root, dirname(manifestPath), "bundle");
  const sources = ownSources(root, dir);
  const build = await rolldown({
    cwd: root,
    input: { [entryName.replace(/\.js$/, "")]: join(root, "platform/src/cli/main.ts") },
    platform: "node",
    tsconfig: false,
    external: keptApart,
    plugins: [sources.plugin],
  });
  const { output } = await build.generate({
    dir,
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
    sourcemap: true,
    sourcemapExcludeSources: true,
    // Without comments and spaces there is less to read and to hold in memory; names stay, for errors name them.
    minify: { compress: false, mangle: false, codegen: true },
  });
  await build.close();
  if (sources.files().length === 0) throw new Error("no source of the platform was bundled");
  const others = [installed, "platform/bin/bundle.ts", "platform/bin/bundledSources.ts", ...sources.packages()];
  const read = others.map((path) => bundledFile(root, path)).filter((file) => file !== null);
  return { files: [...sources.files(), ...read], output };
}

function write(root: string, folder: string, output: readonly (OutputChunk | OutputAsset)[]): BundledFile[] {
  mkdirSync(join(root, folder), { recursive: true });
  for (const one of output)
    writeFileSync(join(root, folder, one.fileName), one.type === "chunk" ? one.code : one.source);
  const run = output.filter(({ type }) => type === "chunk").map(({ fileName }) => join(folder, fileName));
  return run.map((path) => bundledFile(root, path)).filter((file) => file !== null);
}

/** Whoever starts meanwhile finds the old one or the new one whole; a process may still load what it runs from the old. */
function publish(root: string, manifest: BundleManifest): void {
  const path = join(root, manifestPath);
  const unfinished = `${path}.${process.pid}`;
  writeFileSync(unfinished, JSON.stringify(manifest));
  renameSync(unfinished, path);
  removeOld(dirname(path), manifest.folder);
}

/** Others may be making one, and what runs loads parts of its own as they are needed: only what is long past goes. */
function removeOld(parent: string, current: string): void {
  for (const entry of readdirSync(parent, { withFileTypes: true })) {
    const folder = join(parent, entry.name);
    if (!entry.isDirectory() || entry.name === basename(current)) continue;
    try {
      if (Date.now() - statSync(folder).mtimeMs > keptMs) rmSync(folder, { recursive: true, force: true });
    } catch {
      // Somebody else has removed it, or the next one will.
    }
  }
}

/** Null when there is no such file. */
function bundledFile(root: string, path: string): BundledFile | null {
  const stat = statSync(join(root, path), { throwIfNoEntry: false });
  if (stat === undefined) return null;
  const sha256 = sha256Of(readFileSync(join(root, path)));
  return { path, bytes: stat.size, modifiedMs: stat.mtimeMs, changedMs: stat.ctimeMs, sha256 };
}

if (import.meta.main) await bundle(join(import.meta.dirname, "../.."));
