import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Problem } from "../model/problem.ts";
import type { AccessStore } from "../storage/access.ts";

const tokenFile = "cli.token";

/**
 * Lets the command line in: a new API token in the file `cli.token` (mode 0600) of the data directory, in place of the
 * one that an earlier start left there, which is revoked. Whoever may read the directory may use it.
 */
export async function issueCliToken(dir: string, access: AccessStore): Promise<void> {
  const previous = readFile(dir);
  if (previous !== null) {
    try {
      await access.revokeToken(previous.id);
    } catch (error) {
      // Already revoked by hand, or the file came from elsewhere: either way it opens nothing.
      if (!(error instanceof Problem && error.status === 404)) throw error;
    }
  }
  const { id, token } = await access.createToken("c360 command line on this machine");
  const temporary = join(dir, `${tokenFile}.new`);
  writeFileSync(temporary, JSON.stringify({ id, token }), { mode: 0o600 });
  renameSync(temporary, join(dir, tokenFile));
}

/** The token that {@link issueCliToken} left, or null where there is none that this user may read. */
export function readCliToken(dir: string): string | null {
  return readFile(dir)?.token ?? null;
}

/** Its id: whoever calls with it is the user who runs the platform. */
export function cliTokenId(dir: string): string | null {
  return readFile(dir)?.id ?? null;
}

function readFile(dir: string): { id: string; token: string } | null {
  try {
    const read = JSON.parse(readFileSync(join(dir, tokenFile), "utf8")) as Record<string, unknown> | null;
    const { id, token } = read ?? {};
    return typeof id === "string" && typeof token === "string" ? { id, token } : null;
  } catch {
    return null;
  }
}
