import fastifySwagger from "@fastify/swagger";
import fastifySwaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";

export const docsPath = "/api/docs";

const tags = [
  { name: "profiles", description: "One live profile of each customer" },
  { name: "identity", description: "Who is who, and why" },
  { name: "reviews", description: "Who is probably who: linkages, and the pairs that people decide" },
  { name: "events", description: "What was sent, and what became of it" },
  { name: "sql", description: "Questions over everything" },
  { name: "sources", description: "The systems that send events, with their write keys" },
  { name: "tokens", description: "API tokens" },
  { name: "segment", description: "Reads in the shapes of Segment's Profile API" },
  { name: "operations", description: "Health, status, metrics" },
];

/** Everything it loads is its own; nothing inline runs, nothing is framed. */
const docsPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Registers the OpenAPI generator (before the routes that it describes) and the browsable docs. */
export async function describeRoutes(app: FastifyInstance, version: string): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Customer 360",
        version,
        description:
          "One live profile of each customer, from every system you have. Times are ISO 8601 UTC, money is integer " +
          "minor units, lists are `{items, next}`. Fields may be added to answers; none is renamed.",
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      tags,
      components: {
        securitySchemes: { token: { type: "http", scheme: "bearer", description: "An API token." } },
      },
      security: [{ token: [] }],
    },
    transformObject: (document) => {
      if (!("openapiObject" in document)) throw new TypeError("this server describes itself in OpenAPI 3");
      return nameComponents(document.openapiObject);
    },
  });
  await app.register(fastifySwaggerUi, {
    routePrefix: docsPath,
    staticCSP: docsPolicy,
    uiConfig: { tryItOutEnabled: true, displayRequestDuration: true, persistAuthorization: false },
    theme: { title: "Customer 360 API" },
  });
}

type Node = Record<string, unknown>;

/**
 * Moves each schema that has a `title` to `components.schemas` under that name, a `$ref` in its place, so that clients
 * generated from the document have types with names. Throws when two schemas differ under one title.
 */
export function nameComponents<Document extends object>(document: Document): Document {
  const schemas = new Map<string, unknown>();
  const named = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(named);
    if (typeof value !== "object" || value === null) return value;
    const node: Node = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, named(inner)]));
    if (node["description"] === "Default Response") node["description"] = "Done.";
    const { title, description, ...schema } = node;
    if (typeof title !== "string" || typeof schema["type"] !== "string") return node;
    const known = schemas.get(title);
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(schema)) {
      throw new Error(`two different schemas are titled ${title}`);
    }
    schemas.set(title, schema);
    return { $ref: `#/components/schemas/${title}`, ...(description === undefined ? {} : { description }) };
  };
  const whole = named(document) as Document & { components?: Node };
  const sorted = [...schemas].sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...whole, components: { ...whole.components, schemas: Object.fromEntries(sorted) } };
}
