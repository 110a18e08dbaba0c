import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { installOnce, runInstaller } from "../standIns/installing.ts";

const version = "4.0.2";
const tools = ["autoconf", "automake", "libtoolize", "cmake", "g++", "make", "python3"];
const folder = join(import.meta.dirname, "../../../../.standins/lambda-runtime");

/**
 * The folder of AWS' own runtime interface client (`aws-lambda-ric`, Apache-2.0), built here the first time: its native
 * part is compiled. Throws `Missing` where a tool for that is not here.
 */
export async function lambdaRuntime(): Promise<string> {
  await mkdir(dirname(folder), { recursive: true });
  await installOnce(folder, version, async (into) => {
    for (const tool of tools) await runInstaller(tool, ["--version"], tool);
    await writeFile(join(into, "package.json"), '{"private":true}\n');
    const npm = ["install", "--prefix", into, "--no-audit", "--no-fund", "--save-exact", `aws-lambda-ric@${version}`];
    await runInstaller("npm", npm, "npm");
  });
  return join(folder, "node_modules/aws-lambda-ric");
}
