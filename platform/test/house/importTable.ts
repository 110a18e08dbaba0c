import { posix } from "node:path";
import type { Import, SourceFile } from "./sourceFile.ts";
import type { Tree } from "./tree.ts";
import type { Violation } from "./violation.ts";

/** What the production files of a room may import besides each other and npm packages. */
interface Allowance {
  /** Rooms of which any file may be imported. */
  rooms?: readonly string[];
  /** Rooms of which only the public face, `index.ts`, may be imported. */
  faces?: readonly string[];
}

const ports = ["model", "buffer", "storage"];
const stage: Allowance = { rooms: ports, faces: ["governance"] };
const reader: Allowance = { rooms: ports, faces: ["governance", "identity", "profiles"] };

/**
 * Who may import whom. Stages otherwise do not import each other: they meet through stored data, so that each can be
 * rebuilt, replaced or moved to another machine alone. A folder that is not here may not exist.
 */
export const importTable: Readonly<Record<string, Allowance>> = {
  model: {},
  // Ports speak of positions and profiles; a store's port may speak of the log's.
  buffer: { rooms: ["model"] },
  storage: { rooms: ["model", "buffer"] },
  sources: stage,
  gateway: stage,
  ingestion: { ...stage, rooms: [...ports, "identity", "profiles"] },
  identity: stage,
  profiles: stage,
  processing: { ...stage, rooms: [...ports, "identity"] },
  governance: { rooms: ports },
  feedback: stage,
  importing: stage,
  api: reader,
  consumers: reader,
  analytics: reader,
  // The embedded adapter composes what a follower reads (an order's owner, a person's profile as a row) from stored
  // fragments; that is what the public faces of profiles and identity say, so it asks them.
  "adapters/embedded": { rooms: ports, faces: ["profiles", "identity"] },
  // What evidence names is told by identity: the same for what an explanation is read from.
  "adapters/aws": { rooms: ports, faces: ["identity"] },
  simulator: { rooms: ["model"] },
  cost: { rooms: ["model"] },
  runtime: {
    rooms: [
      ...ports,
      "sources",
      "gateway",
      "ingestion",
      "identity",
      "profiles",
      "processing",
      "governance",
      "feedback",
      "importing",
      "api",
      "consumers",
      "analytics",
      "adapters/embedded",
      "adapters/aws",
    ],
  },
  cli: { rooms: ["runtime", "api", "importing", "simulator", "model", "storage"], faces: ["cost"] },
  bin: { rooms: ["cli"] },
};

/** Engines and cloud SDKs: an import of one outside adapters/ ties a stage to one edition. */
const enginePackages =
  /^(@duckdb\/|node:sqlite$|sqlite$|better-sqlite3|classic-level|level$|lmdb|rocksdb|@aws-sdk\/|@smithy\/|aws-)/;

/** All of Node that the model may use: it computes, it does no input or output. A library may be loaded late. */
const modelBuiltins = new Set(["node:crypto", "node:buffer", "node:module", "node:url", "node:util"]);

/** The room of a file, `adapters/embedded` and `adapters/aws` apart; null outside of the rooms. */
export function roomOf(path: string): string | null {
  const [, room] = /^platform\/src\/(adapters\/[^/]+|[^/]+)\/[^/]/.exec(path) ?? [];
  return room ?? (path.startsWith("platform/bin/") ? "bin" : null);
}

/** Holds {@link importTable} against the resolved imports. Tests may import anything that is there; bench too. */
export function checkImports(tree: Tree, sources: readonly SourceFile[]): Violation[] {
  const workspaces = workspaceFolders(tree);
  const tests = new Set(sources.filter(({ isTest }) => isTest).map(({ path }) => path));
  return sources.flatMap((source) =>
    source.imports.flatMap((found) => {
      const problem = problemOf(tree, source, found, workspaces, tests);
      return problem === null
        ? []
        : [{ file: source.path, line: found.line, subject: found.specifier ?? "", ...problem }];
    }),
  );
}

type Problem = Pick<Violation, "rule" | "message"> | null;

function problemOf(
  tree: Tree,
  source: SourceFile,
  { specifier }: Import,
  workspaces: ReadonlyMap<string, string>,
  tests: ReadonlySet<string>,
): Problem {
  const room = roomOf(source.path);
  const isFree = source.isTest || !source.path.startsWith("platform/");
  if (specifier === null)
    return isFree ? null : imports("imports something computed: give a literal, or new URL(literal, import.meta.url)");
  const target = resolve(source.path, specifier, workspaces);
  if (!source.isTest && source.path.startsWith("console/src/")) return consoleProblem(specifier, target);
  if (target === null) return isFree ? null : packageProblem(room, specifier);
  if (!tree.paths.has(target)) return imports(`imports ${specifier}, which is no file`);
  if (isFree) return null;
  if (tests.has(target)) return imports(`imports ${specifier}, which is for tests`);
  if (!target.endsWith(".ts")) return null;
  const targetRoom = roomOf(target);
  if (room === null) return imports("stands outside of the rooms: move it into one");
  if (targetRoom === null) return imports(`imports ${specifier}, which stands outside of the rooms`);
  return roomProblem(room, targetRoom, target);
}

/** The console knows the platform by its API's types only, which are made from the OpenAPI document and lie in it. */
function consoleProblem(specifier: string, target: string | null): Problem {
  if (target === null)
    return specifier.startsWith("node:")
      ? imports(`the console runs in browsers: it may not import ${specifier}`)
      : null;
  return target.startsWith("console/src/") ? null : imports(`the console may not import ${specifier}: it asks the API`);
}

function roomProblem(room: string, targetRoom: string, target: string): Problem {
  if (room === targetRoom) return null;
  const allowance = importTable[room];
  if (allowance === undefined) return imports(`is in a room, ${room}, that the import table does not know`);
  if (allowance.rooms?.includes(targetRoom)) return null;
  if (!allowance.faces?.includes(targetRoom)) return imports(`${room} may not import ${targetRoom} (${target})`);
  if (target === `platform/src/${targetRoom}/index.ts`) return null;
  return imports(`${room} may import only the public face of ${targetRoom}, its index.ts, not ${target}`);
}

function packageProblem(room: string | null, specifier: string): Problem {
  if (enginePackages.test(specifier) && !room?.startsWith("adapters/"))
    return { rule: "engines", message: `imports ${specifier}: engines and cloud SDKs live in adapters/ only` };
  if (room === "model" && specifier.startsWith("node:") && !modelBuiltins.has(specifier))
    return imports(`model may not import ${specifier}: it does no input or output`);
  if (specifier.startsWith("#")) return imports(`imports ${specifier}: subpath imports hide the room, use a path`);
  return null;
}

/** The path in the tree that a specifier leads to; null for npm packages and Node's own modules. */
function resolve(from: string, specifier: string, workspaces: ReadonlyMap<string, string>): string | null {
  if (specifier.startsWith("./") || specifier.startsWith("../") || specifier === "." || specifier === "..")
    return posix.join(posix.dirname(from), specifier);
  if (specifier.startsWith("/") || specifier.startsWith("file:")) return specifier;
  for (const [name, folder] of workspaces)
    if (specifier.startsWith(`${name}/`)) return posix.join(folder, specifier.slice(name.length + 1));
  return null;
}

function workspaceFolders(tree: Tree): Map<string, string> {
  const folders = new Map<string, string>();
  for (const path of tree.paths) {
    if (!/^[^/]+\/package\.json$/.test(path)) continue;
    const { name }: { name?: string } = JSON.parse(tree.text(path) ?? "{}");
    if (name !== undefined) folders.set(name, posix.dirname(path));
  }
  return folders;
}

function imports(message: string): Problem {
  return { rule: "imports", message };
}
