import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { Missing } from "./standIn.ts";

const run = promisify(execFile);
const stampName = "installed";
const maxOutputBytes = 10_000_000;
const maxInstallMs = 900_000;

/**
 * Makes `folder` by `install`, unless it was made for the same `version` before. It is made beside and moved into its
 * place when it is whole, so that one that was interrupted is begun again.
 */
export async function installOnce(
  folder: string,
  version: string,
  install: (folder: string) => Promise<void>,
): Promise<void> {
  const stamp = join(folder, stampName);
  if (existsSync(stamp) && (await readFile(stamp, "utf8")) === version) return;
  const beside = `${folder}.${process.pid}`;
  await rm(beside, { recursive: true, force: true });
  await mkdir(beside, { recursive: true });
  try {
    await install(beside);
    await writeFile(join(beside, stampName), version);
    await rm(folder, { recursive: true, force: true });
    await rename(beside, folder);
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
}

/** Runs an installer to its end. Throws `Missing` where the program is not there, and with what it said where it fails. */
export async function runInstaller(command: string, args: readonly string[], needs: string): Promise<string> {
  try {
    const { stdout } = await run(command, args, { maxBuffer: maxOutputBytes, timeout: maxInstallMs });
    return stdout;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") throw new Missing(`no ${needs} here`);
    const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim().split("\n").at(-1) : "";
    throw new Missing(`${basename(command)} ${args[0] ?? ""} failed: ${said ?? ""}`);
  }
}

/** Downloads one file of Maven Central into `folder` and checks it. `artifact`: group:name:version:type. */
export async function mavenFile(folder: string, artifact: string, sha256: string): Promise<string> {
  const copy = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy";
  const args = ["-q", "-B", copy, `-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`];
  await runInstaller("mvn", args, "Maven (mvn)");
  const [, name, version, type] = artifact.split(":");
  const file = join(folder, `${name}-${version}.${type}`);
  const found = await sha256Of(file);
  if (found !== sha256) throw new Missing(`${basename(file)} is not what it was: SHA-256 ${found}, not ${sha256}`);
  return file;
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file)) hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}
