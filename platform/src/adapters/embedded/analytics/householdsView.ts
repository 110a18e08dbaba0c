import { householdKinds } from "../../../model/household.ts";
import { householdRules } from "../../../profiles/index.ts";
import { quoted } from "./sqlText.ts";

const { mostPeople, mostRecords, mostSteps } = householdRules;

/** The third character of a tie's id is the place of its kind. */
const kindPlace = "substr(tie, 3, 1)";
const mostSql = householdKinds.map((kind, at) => `WHEN '${at + 1}' THEN ${mostPeople[kind]}`).join(" ");
const kindSql = householdKinds.map((kind, at) => `WHEN '${at + 1}' THEN ${quoted(kind)}`).join(" ");

/**
 * `Households` of the profiles in SQL, over everybody at once: the two agree, which a test holds them to. `kind`: what
 * ties this one to the others.
 */
export const householdsSql = `WITH RECURSIVE
  made AS (SELECT tie FROM store.home_ties GROUP BY tie
    HAVING sum(records) <= ${mostRecords}
      AND count(*) FILTER (held) BETWEEN 2 AND CASE any_value(${kindPlace}) ${mostSql} END),
  having_it AS (SELECT profile_id, tie FROM store.home_ties SEMI JOIN made USING (tie) WHERE held),
  home AS (SELECT profile_id, min(tie) AS home FROM having_it GROUP BY profile_id),
  onward AS (SELECT tie, min(home) AS next FROM having_it JOIN home USING (profile_id) GROUP BY tie),
  way AS (
    SELECT tie AS origin, tie AS place, 0 AS steps FROM onward
    UNION ALL
    SELECT origin, next, steps + 1 FROM way JOIN onward ON tie = place WHERE next < place AND steps < ${mostSteps}),
  household AS (SELECT origin, place FROM way JOIN onward ON tie = place AND next = place)
  SELECT place AS household_id, profile_id, CASE substr(home, 3, 1) ${kindSql} END AS kind,
    count(*) OVER (PARTITION BY place) AS people
  FROM home JOIN household ON origin = home`;
