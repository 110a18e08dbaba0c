import { Problem } from "../model/problem.ts";
import type { Backups, BackupView, BackupWish } from "./backups.ts";

/** Backups that are done when they are asked for the second time. */
export function fakeBackups(at: string): Backups & { readonly wished: BackupWish[] } {
  const wished: BackupWish[] = [];
  const views = new Map<string, BackupView>();
  return {
    wished,
    start: async (wish, by) => {
      if (wish.directory === "/etc") throw new Problem(403, "backup_directory_not_allowed", `Not by ${by}.`);
      if (wish.directory === "/full") throw new Problem(409, "backup_directory_not_empty", "There are other things.");
      wished.push(wish);
      const { directory, withDerived } = wish;
      const view: BackupView = {
        id: `b_${wished.length}`,
        directory,
        withDerived,
        status: "running",
        startedAt: at,
        endedAt: null,
        doneBytes: 0,
        totalBytes: 10,
        result: null,
        error: null,
      };
      views.set(view.id, view);
      return view;
    },
    find: (id) => {
      const found = views.get(id);
      if (found === undefined) return null;
      views.set(id, ended(found, at));
      return found;
    },
  };
}

function ended(view: BackupView, at: string): BackupView {
  if (view.directory.includes("broken")) {
    const error = { code: "disk_full", message: "There is no room left.", hint: "Make room." };
    return { ...view, status: "failed", endedAt: at, error };
  }
  const counts = { files: 3, bytes: 10, copiedBytes: 10 };
  const result = { position: 7, lastReceivedAt: at, statePosition: view.withDerived ? 7 : null, ...counts };
  return { ...view, status: "done", endedAt: at, doneBytes: 10, result };
}
