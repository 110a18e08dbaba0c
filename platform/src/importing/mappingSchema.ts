import { type Static, Type } from "typebox";
import { sourceKinds } from "../model/source.ts";

/**
 * The mapping file's shape. Shorthands (a column's name for `{"column": …}`) are expanded before it is checked, so
 * that there are no unions and every error names one field. What a schema cannot say is in mappingChecks.ts.
 */
const closed = { additionalProperties: false } as const;
const columnName = Type.String({ minLength: 1, maxLength: 256 });
const maxFields = 200;
const identifierType = Type.String({ pattern: "^[a-z][a-z0-9_]{0,39}$" });

export const fileFormats = ["csv", "ndjson", "parquet"] as const;
export const encodings = ["utf-8", "latin1", "windows-1252", "utf-16le", "utf-16be"] as const;
export const transforms = ["trim", "lowercase", "uppercase", "integer", "digits"] as const;
export const valueTypes = ["string", "number", "boolean", "json"] as const;
export const importedTypes = ["track", "identify", "page", "screen"] as const;
export const groupTimes = ["first", "earliest", "latest"] as const;

const valueSchema = Type.Object(
  {
    column: Type.Optional(columnName),
    constant: Type.Optional(Type.Unknown()),
    type: Type.Optional(Type.Enum([...valueTypes])),
    transforms: Type.Optional(Type.Array(Type.Enum([...transforms]), { maxItems: 8 })),
    required: Type.Optional(Type.Boolean()),
  },
  closed,
);
const fieldsSchema = Type.Record(Type.String(), valueSchema, { maxProperties: maxFields });

const formatSchema = Type.Object(
  {
    type: Type.Enum([...fileFormats]),
    delimiter: Type.Optional(Type.String({ minLength: 1, maxLength: 4 })),
    quote: Type.Optional(Type.String({ minLength: 1, maxLength: 1 })),
    encoding: Type.Optional(Type.Enum([...encodings])),
    header: Type.Optional(Type.Boolean()),
    columns: Type.Optional(Type.Array(columnName, { minItems: 1, maxItems: 4_096 })),
  },
  closed,
);

const conditionSchema = Type.Object(
  {
    column: columnName,
    equals: Type.Optional(Type.String()),
    oneOf: Type.Optional(Type.Array(Type.String(), { minItems: 1, maxItems: 1_000 })),
    startsWith: Type.Optional(Type.String({ minLength: 1 })),
    lessThan: Type.Optional(Type.Number()),
    greaterThan: Type.Optional(Type.Number()),
    empty: Type.Optional(Type.Boolean()),
    not: Type.Optional(Type.Boolean()),
  },
  closed,
);

const eventSchema = Type.Object(
  {
    when: Type.Optional(Type.Array(conditionSchema, { minItems: 1, maxItems: 20 })),
    skip: Type.Optional(Type.Boolean()),
    type: Type.Optional(Type.Enum([...importedTypes])),
    event: Type.Optional(valueSchema),
    properties: Type.Optional(fieldsSchema),
    traits: Type.Optional(fieldsSchema),
    negate: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { minItems: 1, maxItems: 20 })),
  },
  closed,
);

export const mappingSchema = Type.Object(
  {
    version: Type.Literal(1),
    description: Type.Optional(Type.String({ maxLength: 2_000 })),
    source: Type.Optional(
      Type.Object(
        {
          id: Type.String({ pattern: "^[a-z][a-z0-9_-]{0,62}$" }),
          kind: Type.Optional(Type.Enum([...sourceKinds])),
        },
        closed,
      ),
    ),
    format: Type.Optional(formatSchema),
    numbers: Type.Optional(
      Type.Object(
        {
          decimal: Type.Optional(Type.Enum([".", ","])),
          thousands: Type.Optional(Type.Enum([",", ".", " ", "'"])),
        },
        closed,
      ),
    ),
    empty: Type.Optional(Type.Array(Type.String(), { maxItems: 50 })),
    time: Type.Object(
      {
        column: columnName,
        format: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
        zone: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
      },
      closed,
    ),
    identifiers: Type.Optional(
      Type.Array(
        Type.Object(
          {
            type: identifierType,
            column: columnName,
            transforms: Type.Optional(Type.Array(Type.Enum([...transforms]), { maxItems: 8 })),
            required: Type.Optional(Type.Boolean()),
          },
          closed,
        ),
        { maxItems: 10 },
      ),
    ),
    events: Type.Array(eventSchema, { minItems: 1, maxItems: 50 }),
    properties: Type.Optional(fieldsSchema),
    traits: Type.Optional(fieldsSchema),
    group: Type.Optional(
      Type.Object(
        {
          by: Type.Array(valueSchema, { minItems: 1, maxItems: 8 }),
          time: Type.Optional(Type.Enum([...groupTimes])),
          lines: Type.Object({ path: Type.Optional(Type.String({ minLength: 1 })), properties: fieldsSchema }, closed),
        },
        closed,
      ),
    ),
  },
  closed,
);

/** A mapping file, its shorthands expanded. */
export type Mapping = Static<typeof mappingSchema>;
export type MappedValue = Static<typeof valueSchema>;
export type MappedFields = Record<string, MappedValue>;
export type EventRule = Static<typeof eventSchema>;
export type Condition = Static<typeof conditionSchema>;
export type FileFormat = Static<typeof formatSchema>;
export type Encoding = (typeof encodings)[number];
export type Transform = (typeof transforms)[number];
