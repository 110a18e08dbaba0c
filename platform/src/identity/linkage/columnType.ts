/** What a column says about a record; each type has its normalisation, its blocking keys and its comparison. */
export const columnTypes = [
  "given_name",
  "surname",
  "full_name",
  "birth_date",
  "email",
  "phone",
  "house_number",
  "street",
  "city",
  "postcode",
  "code",
  "category",
  "text",
  "ignore",
] as const;

export type ColumnType = (typeof columnTypes)[number];
