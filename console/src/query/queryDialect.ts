import { SQLDialect } from "@codemirror/lang-sql";

/** What one SELECT may be made of: few enough words that completion offers the fitting one. */
const keywords =
  "all and any as asc between by case cast cross current_date current_timestamp desc distinct else end except exclude " +
  "exists filter first following from full group having ilike in inner intersect interval is join last lateral left like " +
  "limit natural not null nulls offset on or order outer over partition preceding qualify range recursive replace right " +
  "rows select semi similar then to true false unbounded union unnest using values when where window with";
const functions =
  "abs avg coalesce concat contains count date_diff date_part date_trunc dayname dense_rank epoch_ms first_value floor " +
  "greatest hour json_extract json_extract_string lag last_value lead least length list lower max median min mode " +
  "monthname month now nullif quantile_cont rank regexp_extract regexp_matches replace round row_number split_part " +
  "starts_with stddev strftime string_agg substr sum time_bucket trim try_cast upper week year";
const types =
  "bigint boolean date decimal double float hugeint integer interval json smallint timestamp timestamptz tinyint varchar";

/** Functions count as built in, not as keywords: `count` is not what `COUNT` shouts. */
export const queryDialect = SQLDialect.define({
  keywords,
  types,
  builtin: functions,
  doubleQuotedStrings: false,
  hashComments: false,
  operatorChars: "+-*/%<>=~!|&^:",
  spaceAfterDashes: false,
});
