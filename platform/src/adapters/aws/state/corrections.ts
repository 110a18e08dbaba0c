import { isCorrection, type Statement } from "../../../model/correction.ts";
import type { KeyedHash } from "../../../model/keyedHash.ts";
import type { Corrections, Links } from "../../../storage/corrections.ts";
import type { StoredLink, StoredStatement } from "../../../storage/identityAndProfiles.ts";
import type { RulesVersions } from "../../../storage/rulesVersions.ts";
import { inOrder } from "./place.ts";
import { type RowTexts, valueAt, valuesAt, valuesIn } from "./rowReads.ts";
import type { Snapshots } from "./snapshots.ts";
import { readRules, readStatements } from "./stateReads.ts";
import { rulesPlace, runPlace, statementIdPlace, statementPlace } from "./stateRows.ts";

const pageRows = 200;

export function correctionsOver(snapshot: Snapshots, hash: KeyedHash): Corrections {
  return {
    latest: ({ before, limit, verdict, by }) =>
      snapshot((rows) =>
        newest(rows, before, limit, (said) => {
          const isAsked = (verdict === null || said.verdict === verdict) && (by === null || said.by === by);
          return isAsked && isCorrection(said) ? said : null;
        }),
      ),
    byId: (id) =>
      snapshot(async (rows) => {
        const said = await byId(rows, id);
        return said !== null && isCorrection(said) ? said : null;
      }),
    of: (keys) => snapshot(async (rows) => (await readStatements(rows, hash, keys)).filter(isCorrection)),
  };
}

export function linksOver(snapshot: Snapshots, hash: KeyedHash): Links {
  return {
    ofRun: (run, { after, limit }) =>
      snapshot(async (rows) => {
        const found = await rows.range(runPlace(run, 0).pk, { from: inOrder(Math.max(0, after + 1)), limit });
        const said = await valuesAt(
          rows,
          found.map(({ sk }) => statementPlace(Number(sk))),
        );
        return said.filter((each) => each !== null).filter(isLink);
      }),
    byId: (id) =>
      snapshot(async (rows) => {
        const said = await byId(rows, id);
        return said !== null && isLink(said) ? said : null;
      }),
    of: (keys) => snapshot(async (rows) => (await readStatements(rows, hash, keys)).filter(isLink)),
  };
}

export function rulesVersionsOver(snapshot: Snapshots): RulesVersions {
  return {
    current: () => snapshot(readRules),
    byNumber: (number) => snapshot((rows) => valueAt(rows, rulesPlace(number))),
    latest: ({ below, limit }) =>
      snapshot(async (rows) => {
        const until = below === null ? {} : { until: inOrder(below) };
        const found = await valuesIn(rows, rulesPlace(0), { ...until, isDescending: true, limit });
        return found.map(({ value }) => value);
      }),
  };
}

/** Newest first, page by page, of those that `read` gives. */
async function newest<Read>(
  rows: RowTexts,
  before: number | null,
  limit: number,
  read: (said: StoredStatement) => Read | null,
): Promise<Read[]> {
  const found: Read[] = [];
  let until = before === null ? undefined : inOrder(before);
  while (found.length < limit) {
    const page = await valuesIn(rows, statementPlace(0), {
      ...(until === undefined ? {} : { until }),
      isDescending: true,
      limit: pageRows,
    });
    found.push(...page.map(({ value }) => read(value)).filter((each) => each !== null));
    if (page.length < pageRows) break;
    until = page.at(-1)?.sk;
  }
  return found.slice(0, limit);
}

async function byId(rows: RowTexts, id: string): Promise<StoredStatement | null> {
  const place = await valueAt(rows, statementIdPlace(id));
  return place === null ? null : valueAt(rows, statementPlace(place.position));
}

function isLink(statement: StoredStatement): statement is StoredLink {
  return !isCorrection<Statement>(statement);
}
