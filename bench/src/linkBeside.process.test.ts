import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";

const run = promisify(execFile);
const program = join(import.meta.dirname, "linkBeside.ts");
const table = ["id,first_name,surname,dob,who", "1,ada,lovelace,1985-12-10,a", "2,ada,lovelace,1985-12-10,a"];

/** Stands in for a Python with Splink: everybody is one person. */
const python = `#!/bin/sh
case "$2" in
  venv) mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; exit 0 ;;
  pip) exit 0 ;;
esac
printf 'id,cluster_id\\n1,1\\n2,1\\n3,1\\n' > "$6"
echo '{"cpuSeconds": 2, "seconds": 1, "mostMemoryMb": 100}'
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "c360-beside-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("links a table by turns with both, counts over the same pairs, and leaves nothing behind", async () => {
  const [file, fake] = [join(folder, "people.csv"), join(folder, "python")];
  writeFileSync(file, `${[...table, "3,charles,babbage,1791-12-26,b"].join("\n")}\n`);
  writeFileSync(fake, python, { mode: 0o755 });
  const flags = [file, "--id", "id", "--truth", "who", "--rounds", "1", "--python", fake];
  const { stdout } = await run(process.execPath, [program, ...flags], { env: { ...process.env, TMPDIR: folder } });
  expect(stdout).toMatch(/^CPU s +\d+\.\d +2\.0 +\d+\.\d\d$/m);
  // One pair of one person, three that were joined: F1 is 2 · 1 ÷ (1 + 3).
  expect(stdout).toMatch(/^F1 over clusters +1\.0000 +0\.5000 +2\.00$/m);
  expect(readdirSync(folder).sort()).toEqual(["people.csv", "python"]);
});

it("says what it needs where there is no Python", async () => {
  const flags = ["people.csv", "--id", "id", "--truth", "who", "--python", join(folder, "none")];
  await expect(run(process.execPath, [program, ...flags])).rejects.toThrow(/needs .* \(3\.10 or later\) and PyPI/);
});
