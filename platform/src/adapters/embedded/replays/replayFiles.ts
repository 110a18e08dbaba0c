import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "../../../model/problem.ts";
import { maxKeptReplays, type ReplayJob, type Replays } from "../../../storage/replays.ts";

const formatVersion = 1;
const suffix = ".json";

/**
 * Replays as files, one each, in a folder of their own (docs/formats/state.md). A file is written beside its former self
 * and takes its place whole, so that a crash leaves one or the other.
 */
export async function openReplayFiles(folder: string): Promise<Replays> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const jobs = new Map<string, ReplayJob>();
  for (const name of (await readdir(folder)).filter((each) => each.endsWith(suffix))) {
    const job = await readJob(join(folder, name));
    if (job !== null) jobs.set(job.id, job);
  }
  const fileOf = (id: string): string => join(folder, `${id}${suffix}`);
  const all = (): ReplayJob[] => [...jobs.values()].sort((one, other) => other.startedAt - one.startedAt);
  return {
    put: async (job) => {
      await writeWhole(folder, fileOf(job.id), JSON.stringify({ version: formatVersion, ...job }));
      jobs.set(job.id, job);
      for (const { id, status } of all().slice(maxKeptReplays)) {
        if (status === "running") continue;
        jobs.delete(id);
        await rm(fileOf(id), { force: true });
      }
    },
    all: async () => all().map((job) => structuredClone(job)),
  };
}

async function writeWhole(folder: string, file: string, text: string): Promise<void> {
  const handle = await open(`${file}.new`, "w", 0o600);
  try {
    await handle.writeFile(text);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.new`, file);
  const directory = await open(folder, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Null for what is no replay: a note of work, nothing is lost with it but how far it was. Problem 409 `replays_newer`. */
async function readJob(file: string): Promise<ReplayJob | null> {
  let read: unknown;
  try {
    read = JSON.parse(await readFile(file, "utf8"));
  } catch {
    return null;
  }
  if (typeof read !== "object" || read === null || !("version" in read) || !("id" in read)) return null;
  const { version, ...job } = read;
  if (typeof version === "number" && version > formatVersion) {
    throw new Problem(
      409,
      "replays_newer",
      `a note of a replay has format ${version}, this program reads ${formatVersion}`,
      {
        hint: "run the version that wrote it, or a newer one",
      },
    );
  }
  return version === formatVersion ? (job as ReplayJob) : null;
}
