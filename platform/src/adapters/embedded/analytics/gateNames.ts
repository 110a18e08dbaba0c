function names(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/).filter((name) => name !== ""));
}

/** Functions that only compute on their arguments, with an answer no larger than a small multiple of them. */
export const allowedFunctions = names(`
  + - * / // % ** ^ & | ~ << >> ~~ !~~ ~~* !~~* ~~~ -> ->> || ^@ @> <@ && @
  abs acos asin atan atan2 cbrt ceil ceiling cos cot degrees even exp fdiv floor fmod gcd greatest isfinite isinf
  isnan lcm least ln log log10 log2 mod pi pow power radians random round round_even sign sin sqrt tan trunc
  add subtract multiply divide xor bit_count
  ascii bit_length char_length character_length chr concat concat_ws contains damerau_levenshtein ends_with hash hex
  instr jaccard jaro_similarity jaro_winkler_similarity lcase left length len levenshtein lower lpad ltrim md5
  md5_number nfc_normalize ord position prefix regexp_escape regexp_extract regexp_extract_all regexp_full_match
  regexp_matches regexp_replace regexp_split_to_array replace reverse right rpad rtrim sha1 sha256 split split_part
  starts_with str_split str_split_regex string_split string_split_regex string_to_array strip_accents strlen strpos
  substr substring suffix translate trim ucase unicode upper url_decode url_encode like_escape ilike_escape
  not_like_escape not_ilike_escape unhex from_hex
  age ago century date_add date_diff date_part date_sub date_trunc datediff datepart datesub datetrunc day dayname
  dayofmonth dayofweek dayofyear days_in_month decade epoch epoch_ms epoch_ns epoch_us era hour isodow isoyear julian
  last_day make_date make_time make_timestamp make_timestamp_ms millennium millisecond microsecond minute month
  monthname now quarter second strftime strptime time_bucket timezone timezone_hour timezone_minute to_days
  to_hours to_milliseconds to_minutes to_months to_quarters to_seconds to_timestamp to_weeks to_years today
  try_strptime week weekday weekofyear year yearweek current_date current_timestamp get_current_timestamp
  transaction_timestamp current_localtimestamp
  coalesce if ifnull nullif nullif typeof
  array_append array_concat array_contains array_distinct array_extract array_has array_has_all array_has_any
  array_indexof array_length array_position array_prepend array_reverse_sort array_slice array_sort array_to_string
  array_unique array_filter array_transform array_value cardinality element_at flatten list_any_value list_append
  list_apply list_avg list_cat list_concat list_contains list_count list_distinct list_element list_extract list_filter
  list_first list_has list_has_all list_has_any list_indexof list_last list_max list_median list_min list_pack
  list_position list_prepend list_reverse list_reverse_sort list_select list_slice list_sort list_sum list_transform
  list_unique list_value list_where unpivot_list map map_contains map_entries map_extract map_extract_value
  map_from_entries map_keys map_values row struct_extract struct_extract_at struct_pack struct_keys struct_values unnest
  json json_array json_array_length json_contains json_exists json_extract json_extract_path json_extract_path_text
  json_extract_string json_keys json_merge_patch json_object json_quote json_type json_valid json_value to_json
  json_group_array json_group_object json_structure array_to_json row_to_json
  any_value approx_count_distinct approx_quantile arbitrary arg_max arg_max_null arg_min arg_min_null argmax argmin
  array_agg avg bit_and bit_or bit_xor bool_and bool_or corr count count_if count_star countif covar_pop covar_samp
  entropy favg first fsum geomean geometric_mean group_concat grouping histogram kahan_sum kurtosis kurtosis_pop last
  list listagg mad max max_by mean median min min_by mode product quantile quantile_cont quantile_disc regr_avgx
  regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy sem skewness stddev stddev_pop
  stddev_samp string_agg sum sum_no_overflow sumkahan var_pop var_samp variance weighted_avg wavg
  cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank rank_dense row_number
`);

/** What may stand in FROM besides the views. */
export const allowedTableFunctions = names("unnest generate_series range json_each json_tree");

/** Answers with several arguments put together: their number bounds how much longer the answer is than its parts. */
export const combiningFunctions = names(`
  || concat concat_ws list_value list_pack array_value list_concat list_cat array_concat list_append list_prepend
  array_append array_prepend row struct_pack map json_array json_object json_merge_patch array_to_string
`);

/** How many times longer than its argument an answer can be. */
export const lengtheningFunctions: ReadonlyMap<string, number> = new Map([
  ["hex", 2],
  ["to_json", 2],
  ["json_quote", 2],
  ["regexp_escape", 2],
  ["url_encode", 3],
]);

/** Kinds of query, relation, modifier and expression in DuckDB's tree that a query may be made of. */
export const allowedNodes = names(`
  SELECT_NODE SET_OPERATION_NODE RECURSIVE_CTE_NODE
  EMPTY BASE_TABLE SUBQUERY JOIN TABLE_FUNCTION EXPRESSION_LIST
  ORDER_MODIFIER LIMIT_MODIFIER LIMIT_PERCENT_MODIFIER DISTINCT_MODIFIER
  ORDER_DEFAULT ASCENDING DESCENDING
  COLUMN_REF STAR POSITIONAL_REFERENCE FUNCTION VALUE_CONSTANT CASE_EXPR OPERATOR_CAST LAMBDA COLLATE
  OPERATOR_NOT OPERATOR_IS_NULL OPERATOR_IS_NOT_NULL OPERATOR_COALESCE OPERATOR_NULLIF OPERATOR_TRY
  ARRAY_CONSTRUCTOR ARRAY_EXTRACT ARRAY_SLICE STRUCT_EXTRACT STRUCT_PACK GROUPING_FUNCTION OPERATOR_UNPACK
  COMPARE_EQUAL COMPARE_NOTEQUAL COMPARE_LESSTHAN COMPARE_GREATERTHAN COMPARE_LESSTHANOREQUALTO
  COMPARE_GREATERTHANOREQUALTO COMPARE_IN COMPARE_NOT_IN COMPARE_BETWEEN COMPARE_NOT_BETWEEN
  COMPARE_DISTINCT_FROM COMPARE_NOT_DISTINCT_FROM
  CONJUNCTION_AND CONJUNCTION_OR
  WINDOW_AGGREGATE WINDOW_RANK WINDOW_RANK_DENSE WINDOW_NTILE WINDOW_PERCENT_RANK WINDOW_CUME_DIST
  WINDOW_ROW_NUMBER WINDOW_FIRST_VALUE WINDOW_LAST_VALUE WINDOW_LEAD WINDOW_LAG WINDOW_NTH_VALUE WINDOW_FUNCTION
`);

/** What a refused kind is called, for the caller. */
export const nodeWords: ReadonlyMap<string, string> = new Map([
  ["SHOW_REF", "DESCRIBE, SHOW and SUMMARIZE"],
  ["PIVOT", "PIVOT and UNPIVOT"],
  ["VALUE_PARAMETER", "a parameter ($1 or ?): write the value itself"],
  ["VALUE_DEFAULT", "DEFAULT"],
]);

/** Types that text and numbers may be cast to; no enums, no user types. */
export const allowedTypes = names(`
  BOOLEAN TINYINT SMALLINT INTEGER BIGINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT UHUGEINT FLOAT DOUBLE DECIMAL
  VARCHAR DATE TIME TIMESTAMP TIMESTAMP_S TIMESTAMP_MS TIMESTAMP_NS INTERVAL LIST STRUCT MAP ARRAY UUID
  TIMESTAMP_SEC
`);
/** Types that DuckDB's tree leaves to be looked up by name. */
export const allowedNamedTypes = names("json timestamptz timestamp_tz");
