import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { keyedHash } from "../../../model/keyedHash.ts";
import type { StateHarness, WriteFault } from "../../../storage/stateContract.ts";
import { correctionsOver, linksOver } from "./corrections.ts";
import { fatesOver } from "./fates.ts";
import { faultyDatabase } from "./faultyDatabase.fake.ts";
import { peopleOver } from "./people.ts";
import { rulesVersionsOver } from "./rulesVersions.ts";
import { openStateFile, openStateReader } from "./schema.ts";
import { openStateStore } from "./stateStore.ts";

/** The embedded state for contract suites: a file in a directory of its own. */
export async function stateHarness(): Promise<StateHarness & { readonly file: string }> {
  const directory = mkdtempSync(join(tmpdir(), "c360-state-"));
  const file = join(directory, "state.sqlite");
  const hash = keyedHash(Buffer.alloc(32, 7));
  let fail: (fault: WriteFault | null) => void = () => undefined;
  let met = (): boolean => false;
  let reader: DatabaseSync | null = null;
  const reading = (): DatabaseSync => (reader ??= openStateReader(file));
  return {
    file,
    hash,
    open: async () =>
      openStateStore({
        file,
        hash,
        foldedWith: {},
        openFile: (path, foldedWith) => {
          const faulty = faultyDatabase(openStateFile(path, foldedWith));
          fail = faulty.fail;
          met = faulty.met;
          return faulty.database;
        },
      }),
    fates: () => fatesOver(reading()),
    corrections: () => correctionsOver(reading()),
    links: () => linksOver(reading()),
    rulesVersions: () => rulesVersionsOver(reading()),
    people: () => peopleOver(reading(), hash),
    peopleOfFile: () => peopleOver(reading(), hash),
    fail: (fault) => fail(fault),
    met: () => met(),
    writesBefore: 4,
    dispose: async () => {
      reader?.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
