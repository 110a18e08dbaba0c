import { execFile } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  utimesSync,
} from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { bundle } from "./bundle.ts";
import { freshBundle, manifestPath } from "./freshBundle.js";

const project = join(import.meta.dirname, "../..");
const run = promisify(execFile);

/** Prints the files of the platform's that were loaded, at the end. */
const listing = `data:text/javascript,${encodeURIComponent(String.raw`
import { registerHooks } from "node:module";
const files = [];
registerHooks({ load: (url, context, next) => (files.push(url), next(url, context)) });
process.on("exit", () => process.stderr.write(JSON.stringify(files.filter((url) => url.includes("/platform/")))));
`)}`;

const roots: string[] = [];
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true });
});

/** A checkout of its own, without a bundle. */
function checkout(): string {
  const root = mkdtempSync(join(tmpdir(), "c360-bundle-"));
  roots.push(root);
  mkdirSync(join(root, "platform"));
  for (const name of ["src", "bin", "package.json"])
    cpSync(join(project, "platform", name), join(root, "platform", name), { recursive: true });
  symlinkSync(join(project, "node_modules"), join(root, "node_modules"));
  return root;
}

/** What `c360 --version` says in a checkout, and of what it is run. */
async function version(root: string): Promise<{ said: string; of: "bundle" | "sources" }> {
  const env = { PATH: process.env["PATH"] ?? "", NODE_COMPILE_CACHE: join(root, "cache") };
  const args = ["--import", listing, join(root, "platform/bin/c360.js"), "--version"];
  const { stdout, stderr } = await run(process.execPath, args, { env });
  const folder = pathToFileURL(join(root, "platform")).href;
  const rooms = (JSON.parse(stderr) as string[]).map((url) => url.slice(folder.length + 1).split("/")[0]);
  const ran = new Set(rooms.filter((room) => room !== "bin"));
  expect([["dist"], ["src"]]).toContainEqual([...ran]);
  return { said: stdout.trim(), of: ran.has("dist") ? "bundle" : "sources" };
}

const versionFile = "platform/src/model/version.ts";

/** Another version of as many bytes. */
function setVersion(root: string, version: string): void {
  const path = join(root, versionFile);
  writeFileSync(path, readFileSync(path, "utf8").replace(/"\d\.\d\.\d"/, `"${version}"`));
}

describe("c360", () => {
  it("runs the bundle while the sources are what it was made of, and otherwise the sources", async () => {
    const root = checkout();
    setVersion(root, "1.0.0");
    expect(await version(root)).toEqual({ said: "1.0.0", of: "sources" });
    await bundle(root);
    expect(await version(root)).toEqual({ said: "1.0.0", of: "bundle" });
    setVersion(root, "2.0.0");
    expect(await version(root)).toEqual({ said: "2.0.0", of: "sources" });
    setVersion(root, "1.0.0");
    expect(await version(root)).toEqual({ said: "1.0.0", of: "bundle" });
    setVersion(root, "3.0.0");
    await bundle(root);
    expect(await version(root)).toEqual({ said: "3.0.0", of: "bundle" });
  });

  it("runs the sources where a part of the bundle is gone or is not what was written", async () => {
    const root = checkout();
    const { folder, entry } = await bundle(root);
    const said = (await version(root)).said;
    const path = join(root, folder, entry);
    const written = readFileSync(path);
    writeFileSync(path, written.subarray(0, written.length / 2));
    expect(await version(root)).toEqual({ said, of: "sources" });
    rmSync(path);
    expect(await version(root)).toEqual({ said, of: "sources" });
    await bundle(root);
    expect(await version(root)).toEqual({ said, of: "bundle" });
    writeFileSync(join(root, manifestPath), "no manifest");
    expect(await version(root)).toEqual({ said, of: "sources" });
  });
});

describe("a bundle", () => {
  it("tells of errors by the places in the sources", async () => {
    const root = checkout();
    await bundle(root);
    const program = join(root, "platform/bin/c360.js");
    const env = { C360_LOG_LEVEL: "debug", C360_DATA_DIR: join(root, "data"), C360_PORT: "1" };
    const failing = run(process.execPath, [program, "status"], { cwd: root, env });
    const { stderr } = (await failing.catch((error: unknown) => error)) as { stderr: string };
    expect(stderr).toContain(`at connect (${pathToFileURL(join(root, "platform/src/cli/connection.ts")).href}:`);
    expect(stderr).not.toContain("platform/dist");
    expect((await version(root)).of).toBe("bundle");
  });

  it("is made once for the same sources, and leaves those of the last day to whoever runs them", async () => {
    const root = checkout();
    const folders = (): string[] =>
      readdirSync(join(root, "platform/dist"))
        .map((name) => `platform/dist/${name}`)
        .sort();
    const first = await bundle(root);
    expect(await bundle(root)).toEqual(first);
    setVersion(root, "2.0.0");
    const second = await bundle(root);
    expect(folders()).toEqual([first.folder, second.folder, manifestPath].sort());
    const longAgo = Date.now() / 1_000 - 25 * 3_600;
    utimesSync(join(root, first.folder), longAgo, longAgo);
    setVersion(root, "3.0.0");
    const third = await bundle(root);
    expect(folders()).toEqual([second.folder, third.folder, manifestPath].sort());
  });

  it("is whole when two make one at the same time", async () => {
    const root = checkout();
    const made = await Promise.all([bundle(root), bundle(root)]);
    const fresh = freshBundle(root);
    expect(made.map(({ folder }) => folder)).toContain(fresh?.folder);
    expect((await version(root)).of).toBe("bundle");
  });

  it("is refused where a source asks of its file what would be another's", async () => {
    const root = checkout();
    const path = join(root, versionFile);
    writeFileSync(path, `${readFileSync(path, "utf8")}export const here = import.meta.filename;\n`);
    await expect(bundle(root)).rejects.toThrow(/platform\/src\/model\/version\.ts: import\.meta\.filename/);
    expect(freshBundle(root)).toBeNull();
  });
});

describe("the bundle of this checkout", () => {
  const manifest = freshBundle(project);
  const folder = join(project, manifest?.folder ?? "");
  const chunks = (manifest === null ? [] : readdirSync(folder)).filter((name) => name.endsWith(".js"));
  /** What only passes on what others export has no map. */
  const mapped = chunks.filter((name) => existsSync(join(folder, `${name}.map`)));
  const text = (name: string): string => readFileSync(join(folder, name), "utf8");
  const sourceMap = (name: string): SourceMapPayload => JSON.parse(text(`${name}.map`)) as SourceMapPayload;

  it("is there, and nothing in it names a place of the machine that made it", () => {
    expect(chunks.length).toBeGreaterThan(20);
    const names = readdirSync(folder).filter((name) => /\.(js|map)$/.test(name));
    expect(names.filter((name) => text(name).includes(project) || /\/(home|root|tmp)\//.test(text(name)))).toEqual([]);
  });

  it("is made of the platform and of packages that run with it: of no test, no console, no tool", () => {
    const sources = mapped.flatMap((name) => sourceMap(name).sources);
    const own = sources.filter((source) => !source.includes("/node_modules/"));
    expect(own.length).toBeGreaterThan(300);
    expect(own.filter((source) => !source.startsWith("../../src/") || /\.(test|fake|contract)\./.test(source))).toEqual(
      [],
    );
    const packages = new Set(sources.map((source) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? ""));
    expect([...packages]).toEqual(expect.arrayContaining(["fastify", "typebox", "pino"]));
    for (const tool of ["vitest", "fast-check", "rolldown", "react", "playwright-core"])
      expect(packages).not.toContain(tool);
  });

  // In a bundle such a file is not beside it. What pino and thread-stream look for is for transports in threads of their
  // own, which the platform has none of; other packages are kept apart in bundle.ts.
  it("holds no package that looks for files beside itself", () => {
    const found = mapped.flatMap((name) => {
      const map = new SourceMap(sourceMap(name));
      return [...text(name).matchAll(/\b__(dirname|filename)\b/g)].map(({ index }) => {
        const before = text(name).slice(0, index).split("\n");
        const { originalSource } = map.findEntry(before.length - 1, before.at(-1)?.length ?? 0) as {
          originalSource: string;
        };
        return /\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(originalSource)?.[1];
      });
    });
    expect(new Set(found)).toEqual(new Set(["pino", "thread-stream"]));
  });
});
