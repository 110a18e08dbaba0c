import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { openLinkageDatabase } from "@c360/platform/src/adapters/embedded/linkage/linkageDatabase.ts";
import { aligned } from "./table.ts";

const splinkVersion = "5.0.0";
const usage = `npm run link-beside --workspace bench -- FILE --id COLUMN --truth COLUMN [options]

Links one table by turns with c360 link and with Splink ${splinkVersion} (from PyPI, in an environment of its own that is
removed again): processor time, memory, and F1 over the clusters of each.

  --rounds N       (default 3)
  --python FILE    a Python of at least 3.10             (default python3)
  --venv DIR       an environment that is kept, and has Splink already or gets it`;

const run = promisify(execFile);
const here = import.meta.dirname;
const mostOutput = 64 << 20;

interface Figures {
  f1: number;
  cpuSeconds: number;
  seconds: number;
  mostMemoryMb: number;
}

interface Options {
  file: string;
  id: string;
  truth: string;
  rounds: number;
  python: string;
  venv: string | null;
}

function readOptions(): Options | null {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      id: { type: "string" },
      truth: { type: "string" },
      rounds: { type: "string", default: "3" },
      python: { type: "string", default: "python3" },
      venv: { type: "string" },
      help: { type: "boolean" },
    },
  });
  const [file] = positionals;
  const { id, truth } = values;
  const rounds = Number(values.rounds);
  if (values.help === true || file === undefined || id === undefined || truth === undefined) return null;
  if (!Number.isSafeInteger(rounds) || rounds < 1) throw new Error("--rounds is not a whole number of at least 1");
  return { file, id, truth, rounds, python: values.python, venv: values.venv ?? null };
}

/** Gives the environment's own Python. */
async function withSplink(python: string, directory: string): Promise<string> {
  const own = join(directory, "bin", "python");
  const wanted = `splink==${splinkVersion}`;
  try {
    await run(python, ["-m", "venv", directory]);
    await run(own, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", wanted]);
  } catch (error) {
    throw new Error(`${wanted} cannot be installed: it needs ${python} (3.10 or later) and PyPI`, { cause: error });
  }
  return own;
}

async function ours({ file, id, truth }: Options): Promise<Figures> {
  const flags = [join(here, "linkScore.ts"), file, "--id", id, "--truth", truth];
  const { stdout } = await run(process.execPath, flags, { maxBuffer: mostOutput });
  const { f1, cpuSeconds, seconds, mostMemoryMb } = JSON.parse(stdout) as Figures;
  return { f1, cpuSeconds, seconds, mostMemoryMb };
}

async function theirs({ file, id, truth }: Options, python: string, folder: string): Promise<Figures> {
  const clusters = join(folder, "clusters.csv");
  const flags = [join(here, "linkWithSplink.py"), file, "--id", id, "--out", clusters];
  const { stdout } = await run(python, flags, { maxBuffer: mostOutput });
  const figures = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as Omit<Figures, "f1">;
  return { ...figures, f1: await clusterF1({ file, id, truth, clusters, folder }) };
}

/** Over all pairs of records of one person, found or not, as {@link ours} counts them. */
async function clusterF1(of: {
  file: string;
  id: string;
  truth: string;
  clusters: string;
  folder: string;
}): Promise<number> {
  const database = await openLinkageDatabase({ spillDirectory: of.folder });
  const name = (column: string): string => `"${column.replaceAll('"', '""')}"`;
  const table = (file: string): string => `read_csv('${file.replaceAll("'", "''")}', all_varchar = true)`;
  const pairs = (by: string): string =>
    `(SELECT coalesce(sum(n * (n - 1) / 2), 0) FROM (SELECT count(*) AS n FROM found GROUP BY ${by}))`;
  try {
    await database.run(`CREATE TABLE found AS SELECT t.${name(of.truth)} AS person, c.cluster_id
      FROM ${table(of.file)} t JOIN ${table(of.clusters)} c USING (${name(of.id)})`);
    const [row] = await database.rows(
      `SELECT ${pairs("person, cluster_id")}::DOUBLE, ${pairs("person")}::DOUBLE, ${pairs("cluster_id")}::DOUBLE`,
    );
    const [right = 0, real = 0, joined = 0] = (row ?? []).map(Number);
    return (2 * right) / (real + joined);
  } finally {
    database.close();
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

async function measure(options: Options): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "c360-link-beside-"));
  try {
    const python = await withSplink(options.python, options.venv ?? join(folder, "venv"));
    const rounds: { ours: Figures; theirs: Figures }[] = [];
    for (let nth = 0; nth < options.rounds; nth++) {
      rounds.push({ ours: await ours(options), theirs: await theirs(options, python, folder) });
      process.stderr.write(`round ${nth + 1} of ${options.rounds}\n`);
    }
    const of = (figure: keyof Figures, digits: number): string[] => {
      const [own, other] = (["ours", "theirs"] as const).map((side) =>
        median(rounds.map((each) => each[side][figure])),
      );
      const ratio = (own ?? 0) / (other ?? 0);
      return [(own ?? 0).toFixed(digits), (other ?? 0).toFixed(digits), ratio.toFixed(2)];
    };
    const rows = [
      [`medians of ${options.rounds}`, "c360 link", `Splink ${splinkVersion}`, "ratio"],
      ["CPU s", ...of("cpuSeconds", 1)],
      ["s", ...of("seconds", 1)],
      ["memory at most, MB", ...of("mostMemoryMb", 0)],
      ["F1 over clusters", ...of("f1", 4)],
    ];
    process.stdout.write(aligned(rows, ["left", "right", "right", "right"]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const options = readOptions();
if (options === null) process.stdout.write(`${usage}\n`);
else await measure(options);
