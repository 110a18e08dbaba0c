import { openStateFile } from "../../src/adapters/embedded/state/schema.ts";
import {
  faultyDatabase,
  type ConnectionFault,
  type FaultyDatabase,
} from "../../src/adapters/embedded/state/faultyDatabase.fake.ts";
import { openStateStore } from "../../src/adapters/embedded/state/stateStore.ts";
import type { IdentityAndProfiles } from "../../src/storage/identityAndProfiles.ts";
import type { Gates, Life } from "./gates.ts";
import { hash } from "./world.ts";

/** A transaction of a few events writes about so many rows. */
const mostWrites = 20;

/**
 * The real deciding store for one process. Its look-ups may fail, and its commits in every way: before, at any write,
 * at the end, with the answer lost, with the process.
 */
export function simulatedState(
  { gates, life }: { gates: Gates; life: Life },
  options: { file: string; feedLimits: { slackEntries: number; maxEntries: number; maxPrunedEntries: number } },
): { store: IdentityAndProfiles; close: () => void } {
  let faulty: FaultyDatabase | null = null;
  let close = (): void => undefined;
  const store = openStateStore({
    ...options,
    hash,
    foldedWith: {},
    openFile: (file, foldedWith) => {
      const real = unsyncedStateFile(file, foldedWith);
      faulty = faultyDatabase(real);
      close = () => real.close();
      return faulty.database;
    },
  });
  let fault: ConnectionFault | null = null;
  const pass: Gates["pass"] = (...given) => gates.pass(...given);
  const gated: IdentityAndProfiles = {
    ...store,
    position: () => pass(life, "the position is asked for", store.position, { failure: storeBusy }),
    fragments: (ids, withDetail) =>
      pass(life, "fragments are read", () => store.fragments(ids, withDetail), { failure: storeBusy }),
    commit: (decision) =>
      pass(
        life,
        `a decision up to ${decision.position}`,
        async () => {
          const planned = fault;
          fault = null;
          faulty?.fail(planned);
          try {
            await store.commit(decision);
          } catch (error) {
            if (planned?.kind === "crash") life.end();
            throw error;
          } finally {
            faulty?.fail(null);
          }
        },
        {
          failure: storeBusy,
          setFault: (draw) => {
            const nth = draw % 2 === 0 ? "commit" : 1 + ((draw >> 1) % mostWrites);
            const kind = (["fails", "crash", "lostAnswer"] as const)[(draw >> 6) % 3] ?? "fails";
            fault = { nth, kind };
            return `${kind} at write ${nth}`;
          },
        },
      ),
  };
  return { store: gated, close };
}

/** A power cut loses nothing of it: only what a process has not committed goes with it. */
export function unsyncedStateFile(file: string, foldedWith = {}): ReturnType<typeof openStateFile> {
  const database = openStateFile(file, foldedWith);
  database.exec("PRAGMA synchronous = OFF");
  return database;
}

function storeBusy(): Error {
  return Object.assign(new Error("database is locked"), { code: "ERR_SQLITE_ERROR", errcode: 5 });
}
