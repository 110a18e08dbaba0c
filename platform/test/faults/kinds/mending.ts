import { cpSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { basename, join, resolve, sep } from "node:path";
import type { Site } from "../../whole/server.ts";

const mostRounds = 4;
/** Exit codes of `c360 doctor`: content, and not. */
const doctorEnds: readonly (number | null)[] = [0, 3];

/** What an operator keeps of what nothing can make again: the review queue. */
export interface Kept {
  /** Follows what the hints of a start (standard error), then what `c360 doctor --deep` says; the server is stopped. */
  mend: (stderr: string) => Promise<string[]>;
}

/** To be called before the damage. `mend` throws where it is not told what to do, or all that is told does not help. */
export function keepBackup(site: Site): Kept {
  const backup = join(site.folder, "backup");
  copyReviews(site.dataDir, backup);
  const follow = followerOf(site, backup);
  return {
    mend: async (stderr) => {
      const done: string[] = [];
      for (const hint of hintsIn(stderr)) {
        const what = await follow(hint);
        if (what !== null) done.push(what);
      }
      for (let round = 0; round < mostRounds; round++) {
        const todos = await todosOf(site);
        if (todos.length === 0) return done;
        for (const todo of todos) {
          const what = await follow(todo);
          if (what === null) throw new Error(`doctor names nothing that can be done: ${todo}`);
          done.push(what);
        }
      }
      throw new Error(`doctor is not content after ${done.join(", ")}: ${(await todosOf(site)).join("; ")}`);
    },
  };
}

/** What to do, of all but what a start does by itself; what takes the most with it comes last. */
async function todosOf(site: Site): Promise<string[]> {
  const { code, stdout, stderr } = await site.verb(["doctor", "--deep", "--json"]);
  if (!doctorEnds.includes(code)) throw new Error(`doctor ended with ${code}: ${stderr.slice(-800)}`);
  const { findings } = JSON.parse(stdout) as { findings: { todo: string }[] };
  const todos = [...new Set(findings.map(({ todo }) => todo))].filter((todo) => !/^(nothing|start the)\b/.test(todo));
  return todos.toSorted((a, b) => Number(/c360 rebuild/.test(a)) - Number(/c360 rebuild/.test(b)));
}

/** Of the command line, and of the log of a platform that died. */
function hintsIn(stderr: string): string[] {
  return [...stderr.matchAll(/^hint: (.*)$|"hint":"([^"]*)"/gm)].map(([, plain, logged]) => plain ?? logged ?? "");
}

/** Does what a hint names; gives it in short, null where it names nothing to do. */
function followerOf(site: Site, backup: string): (hint: string) => Promise<string | null> {
  const { dataDir } = site;
  return async (hint) => {
    const [, removed] = /\bremove (?:the folder )?([\w.]+)/.exec(hint) ?? [];
    const [, file] = /\brm (?:-r )?(\S+?)\*?$/.exec(hint) ?? [];
    if (/\bc360 rebuild\b/.test(hint)) {
      const { code, stderr } = await site.verb(["rebuild"]);
      if (code !== 0) throw new Error(`rebuild ended with ${code}: ${stderr.slice(-800)}`);
      return "rebuild";
    }
    if (removed !== undefined) {
      remove(dataDir, removed);
      return `removed ${removed}`;
    }
    if (file !== undefined) {
      const at = resolve(dataDir, file);
      if (!at.startsWith(dataDir + sep)) throw new Error(`told to remove what is not the platform's: ${hint}`);
      rmSync(at, { recursive: true });
      return `removed ${basename(at)}`;
    }
    if (/\bcopy reviews\.sqlite from a backup\b/.test(hint)) {
      remove(dataDir, "reviews.sqlite");
      copyReviews(backup, dataDir);
      return "reviews.sqlite from a backup";
    }
    return null;
  };
}

/** With what belongs to it: `x.sqlite-wal`, `x.duckdb.wal`. */
function remove(dataDir: string, name: string): void {
  for (const path of readdirSync(dataDir, { recursive: true, encoding: "utf8" })) {
    const own = basename(path);
    const isOf = own === name || own.startsWith(`${name}-`) || own === `${name}.wal`;
    if (isOf) rmSync(join(dataDir, path), { recursive: true, force: true });
  }
}

function copyReviews(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    if (/^reviews\.sqlite(-wal|-shm)?$/.test(name)) cpSync(join(from, name), join(to, name));
  }
}
