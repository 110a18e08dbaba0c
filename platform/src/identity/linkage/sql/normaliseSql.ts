import type { FieldType } from "../fields.ts";
import { quoted } from "./sqlText.ts";

/** Values that stand for a missing one, after normalisation. */
const placeholders = [
  "null",
  "none",
  "na",
  "n a",
  "nan",
  "nil",
  "unknown",
  "unbekannt",
  "inconnu",
  "desconocido",
  "anonymous",
  "not known",
  "not available",
  "not applicable",
  "undefined",
  "test",
  "xxx",
];
/** Of streets; the kinds are left out, because one writes them short, another long and a third not at all. */
const streetKinds =
  "street|st|str|strasse|road|rd|avenue|ave|av|lane|ln|drive|dr|court|ct|close|cl|way|wy|place|pl|circuit|cct|crescent|cres|cr|boulevard|blvd|terrace|tce|square|sq|highway|hwy|parade|pde|grove|gr|apt|apartment|unit|flat|suite|ste|rue|calle|via|rua|weg|platz|allee|straat|laan";
const titles = "mr|mrs|ms|miss|dr|prof|sir|herr|frau|mme|mlle|m|sr|sra|don|dona";

/** Letters and digits of any script in lower case without accents, words one space apart. */
function plainText(raw: string): string {
  const letters = `translate(strip_accents(lower(replace(replace(${raw}, '''', ''), '’', ''))), 'øłđ', 'old')`;
  return `trim(regexp_replace(${letters}, '[^\\p{L}\\p{N}]+', ' ', 'g'))`;
}

function withoutPlaceholders(text: string): string {
  return `CASE WHEN ${text} <> '' AND ${text} NOT IN (${placeholders.map(quoted).join(", ")}) THEN ${text} END`;
}

/** Reads dates as people write them into `yyyymmdd`; what cannot be read, but has eight digits, stays comparable. */
function birthDate(raw: string, dayFirst: boolean): string {
  const [day, month] = dayFirst ? [1, 2] : [2, 1];
  const parted = `'^(\\d{1,2})[-/. ](\\d{1,2})[-/. ](\\d{4})'`;
  const short = `'^(\\d{1,2})[-/. ](\\d{1,2})[-/. ](\\d{2})$'`;
  const part = (pattern: string, group: number): string => `lpad(regexp_extract(${raw}, ${pattern}, ${group}), 2, '0')`;
  const ymd = `'^(\\d{4})[-/. ](\\d{1,2})[-/. ](\\d{1,2})'`;
  const century = `CASE WHEN regexp_extract(${raw}, ${short}, 3) > '30' THEN '19' ELSE '20' END`;
  return `CASE
    WHEN regexp_matches(${raw}, '^\\d{4}-\\d\\d-\\d\\d') THEN nullif(replace(left(${raw}, 10), '-', ''), '00000000')
    WHEN regexp_matches(${raw}, '^\\d{8}$') THEN nullif(${raw}, '00000000')
    WHEN regexp_matches(${raw}, ${ymd}) THEN regexp_extract(${raw}, ${ymd}, 1) || ${part(ymd, 2)} || ${part(ymd, 3)}
    WHEN regexp_matches(${raw}, ${parted}) THEN regexp_extract(${raw}, ${parted}, 3) || ${part(parted, month)} || ${part(parted, day)}
    WHEN regexp_matches(${raw}, ${short}) THEN ${century} || regexp_extract(${raw}, ${short}, 3) || ${part(short, month)} || ${part(short, day)}
    WHEN regexp_matches(${raw}, '^\\d{4}$') THEN ${raw} || '0101'
  END`;
}

export interface NormaliseOptions {
  /** Whether 3/4/1980 is the third of April. */
  dayFirst: boolean;
}

/**
 * A raw text (trimmed, never empty, maybe null) is normalised in two steps, so that what the second one mentions
 * several times is computed once.
 */
export interface Normalisation {
  rough(raw: string): string;
  fine(rough: string): string;
}

const asItIs = (text: string): string => text;
const text: Normalisation = { rough: plainText, fine: withoutPlaceholders };

/** How a type's values are normalised, in SQL. */
export function normalisationOf(type: FieldType, options: NormaliseOptions): Normalisation {
  switch (type) {
    case "given_name":
    case "full_name":
      return { rough: (raw) => `regexp_replace(${plainText(raw)}, '^(${titles}) ', '')`, fine: withoutPlaceholders };
    case "birth_date":
      return { rough: asItIs, fine: (raw) => birthDate(raw, options.dayFirst) };
    case "email":
      return {
        rough: (raw) => `replace(lower(${raw}), ' ', '')`,
        fine: (rough) => `CASE WHEN contains(${rough}, '@') THEN ${rough} END`,
      };
    case "phone":
      return { rough: (raw) => `right(regexp_replace(${raw}, '\\D+', '', 'g'), 9)`, fine: phone };
    case "street":
      return {
        rough: plainText,
        fine: (plain) => `nullif(trim(regexp_replace(${plain}, '\\b(${streetKinds})\\b ?', '', 'g')), '')`,
      };
    case "postcode":
    case "code":
      return {
        rough: (raw) => `regexp_replace(lower(${raw}), '[^\\p{L}\\p{N}]+', '', 'g')`,
        fine: withoutPlaceholders,
      };
    default:
      return text;
  }
}

/** Of the last nine digits, which are the same with and without a country's or a trunk prefix; one digit nine times is none. */
function phone(digits: string): string {
  return `CASE WHEN length(${digits}) >= 6 AND ${digits} <> repeat(left(${digits}, 1), length(${digits})) THEN ${digits} END`;
}
