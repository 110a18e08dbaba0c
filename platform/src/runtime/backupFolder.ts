import { realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, sep } from "node:path";
import { Problem } from "../model/problem.ts";

/**
 * Whether the API may make a backup there. A backup holds everything, and whoever has an API token would choose where
 * on the machine it lies: so only in the folder that the operator has named, or under it, links followed. The command
 * line on the platform's machine is the operator. Problem 422 `backup_directory_unusable`, 403
 * `backup_directory_not_allowed`.
 */
export function mustBeAllowed(
  directory: string,
  { backupDir, isOperator }: { backupDir: string | null; isOperator: boolean },
): void {
  if (!isAbsolute(directory) || directory.includes("\0")) {
    throw new Problem(422, "backup_directory_unusable", "The folder is no absolute path.", {
      hint: "Name it from the root of the platform's machine: /var/backups/c360",
      field: "directory",
    });
  }
  if (isOperator || (backupDir !== null && isWithin(realPath(directory), realPath(backupDir)))) return;
  const message =
    backupDir === null
      ? "The API makes no backups here: no folder is set for them."
      : "The API makes backups only in the folder that is set for them, and under it.";
  throw new Problem(403, "backup_directory_not_allowed", message, {
    hint: "Set C360_BACKUP_DIR where the platform is started; or run c360 backup as the platform's user, without --token, which may write anywhere.",
    field: "directory",
  });
}

/** Links followed, as far as the path is there. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPath(parent), basename(path));
  }
}

function isWithin(inner: string, outer: string): boolean {
  const path = relative(outer, inner);
  return path === "" || (path !== ".." && !path.startsWith(`..${sep}`) && !isAbsolute(path));
}
