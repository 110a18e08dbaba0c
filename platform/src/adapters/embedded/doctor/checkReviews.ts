import { existsSync } from "node:fs";
import { indexFormat } from "../reviews/indexFile.ts";
import { reviewFormat } from "../reviews/reviewFile.ts";
import { hasFormat, reading } from "./checkCopies.ts";
import type { StateFacts } from "./checkState.ts";
import { removeAndStart, type Report } from "./report.ts";
import { integrityFaults } from "./sqliteIntegrity.ts";

/** The index of records that profiles are compared by: whole in itself, and no further than the state. */
export function checkLinkage(file: string, state: StateFacts | null, report: Report): void {
  if (!existsSync(file)) return report.checked("there is none; the next start makes it");
  const todo = removeAndStart("linkage.sqlite");
  const find = (what: string): void => report.find("derived", { where: "linkage.sqlite", what, todo });
  reading(file, find, (database) => {
    if (!hasFormat(database, indexFormat, find)) return;
    for (const fault of integrityFaults(database)) find(fault);
    const row = database
      .prepare(
        `SELECT feed, feed_version AS version, copied, records, (SELECT count(*) FROM records) AS held,
        (SELECT count(*) FROM records WHERE NOT json_valid(field_values) OR NOT json_valid(keys)) AS unreadable,
        (SELECT count(*) FROM keys k WHERE NOT EXISTS (SELECT 1 FROM records r WHERE r.number = k.number)) AS astray
        FROM progress`,
      )
      .get();
    const { feed, version, copied, records, held, unreadable, astray } = row ?? {};
    if (Number(unreadable) > 0) find(`${String(unreadable)} records cannot be read`);
    if (Number(astray) > 0) find(`${String(astray)} keys are of a record that is not there`);
    if (records !== held) find(`it counts ${String(records)} records, and has ${String(held)}`);
    const isOfState = state !== null && feed === state.feed && copied === null;
    if (isOfState && Number(version) > state.feedVersion) find("it is further than the state that it follows");
    report.checked(`${String(held)} profiles that can be compared`);
  });
}

/** The review queue: answers, runs and models are nowhere else; what was said for the answers is in the log. */
export function checkReviews(file: string, report: Report): void {
  if (!existsSync(file)) return report.checked("there is none; the next start makes it");
  const todo =
    "stop the platform and copy reviews.sqlite from a backup; or start it: a file that does not open is set aside, the queue begins anew, and what was answered stands as corrections in the log";
  const find = (what: string): void => report.find("data", { where: "reviews.sqlite", what, todo });
  reading(file, find, (database) => {
    if (!hasFormat(database, reviewFormat, find)) return;
    for (const fault of integrityFaults(database)) find(fault);
    const row = database
      .prepare(
        `SELECT count(*) FILTER (WHERE place IS NOT NULL) AS waiting, count(*) FILTER (WHERE place IS NULL) AS answered,
        count(*) FILTER (WHERE NOT json_valid(steps) OR NOT json_valid(corrections)
          OR state NOT IN ('open', 'skipped', 'same', 'different')
          OR (place IS NULL) <> (state IN ('same', 'different'))) AS unreadable,
        (SELECT count(*) FROM runs WHERE NOT json_valid(document)) AS runs,
        (SELECT count(*) FROM models WHERE NOT json_valid(document)) AS models FROM reviews`,
      )
      .get();
    const { waiting, answered, unreadable, runs, models } = row ?? {};
    if (Number(unreadable) > 0) find(`${String(unreadable)} pairs cannot be read`);
    if (Number(runs) > 0) find(`${String(runs)} runs cannot be read`);
    if (Number(models) > 0) find(`${String(models)} models cannot be read`);
    report.checked(`${String(waiting)} pairs wait, ${String(answered)} are answered`);
  });
}
