import { TypeBoxValidatorCompiler } from "@fastify/type-provider-typebox";
import type { FastifySchemaCompiler } from "fastify";
import type { TSchema } from "typebox";

/**
 * Compiles the schema of a part of a request when the first one comes that has it: each start has all routes, and a
 * compilation for every one of them would take longer than most of what is asked until the next.
 */
export const compiledAtFirstUse: FastifySchemaCompiler<TSchema> = (part) => {
  let validate: ReturnType<FastifySchemaCompiler<TSchema>> | null = null;
  return (data: unknown) => (validate ??= TypeBoxValidatorCompiler(part))(data);
};
