import { Type } from "@fastify/type-provider-typebox";
import { Problem } from "../../model/problem.ts";
import { callerIn, type CallerOf } from "../caller.ts";
import type { Api } from "../routeTypes.ts";
import * as shapes from "../schemas.ts";
import type { Services } from "../services.ts";

const bytesPerMiB = 1_048_576;
const defaultMiBPerS = 16;
const maxMiBPerS = 10_000;
const maxPathChars = 4_096;

const result = Type.Object(
  {
    position: Type.Integer({ description: "The log up to here is in it." }),
    lastReceivedAt: shapes.nullableTime,
    statePosition: Type.Union([Type.Integer(), Type.Null()]),
    files: Type.Integer(),
    bytes: Type.Integer({ description: "Of the whole backup." }),
    copiedBytes: Type.Integer({ description: "Of it, copied by this run." }),
  },
  { title: "BackupResult" },
);

export const backupShape = Type.Object(
  {
    id: Type.String(),
    directory: Type.String(),
    withDerived: Type.Boolean(),
    status: Type.Enum(["running", "done", "failed"]),
    startedAt: shapes.isoTime,
    endedAt: shapes.nullableTime,
    doneBytes: Type.Integer(),
    totalBytes: Type.Integer({ description: "Grows at the beginning, as files are found." }),
    result: Type.Union([result, Type.Null()]),
    error: Type.Union([
      Type.Object({ code: Type.String(), message: Type.String(), hint: Type.Optional(Type.String()) }),
      Type.Null(),
    ]),
  },
  { title: "Backup" },
);

export function backupRoutes(api: Api, { backups }: Services, callerOf: CallerOf): void {
  api.post(
    "/api/backups",
    {
      config: { idempotent: true },
      schema: {
        operationId: "startBackup",
        tags: ["operations"],
        summary: "Make a folder on the platform's machine a backup of everything, while it runs",
        description:
          "Events go on being taken. What the folder has of an earlier backup is not copied again; until the new one " +
          "is whole, the earlier one stays. It holds customers' data and secrets, so it may only lie in the folder that " +
          "`C360_BACKUP_DIR` names where the platform is started, or under it.",
        body: Type.Object(
          {
            directory: Type.String({
              minLength: 1,
              maxLength: maxPathChars,
              description:
                "Absolute; new, empty, or with an earlier backup of this platform; within `C360_BACKUP_DIR`.",
              examples: ["/var/backups/c360"],
            }),
            withDerived: Type.Optional(
              Type.Boolean({ default: false, description: "The state too, so that a restore need not fold the log." }),
            ),
            maxMiBPerS: Type.Optional(Type.Integer({ minimum: 1, maximum: maxMiBPerS, default: defaultMiBPerS })),
          },
          { additionalProperties: false },
        ),
        response: { 202: backupShape, ...shapes.problems(400, 401, 403, 409, 422) },
      },
    },
    async ({ body, headers }, reply) => {
      const by = await callerIn(headers, callerOf);
      const { directory, withDerived = false, maxMiBPerS: rate = defaultMiBPerS } = body;
      const wanted = { directory, withDerived, bytesPerS: rate * bytesPerMiB };
      return reply.code(202).send(await backups.start(wanted, by));
    },
  );

  api.get(
    "/api/backups/:id",
    {
      schema: {
        operationId: "getBackup",
        tags: ["operations"],
        summary: "How far a backup is, or how it ended; of those since the start",
        params: Type.Object({ id: Type.String({ minLength: 1, maxLength: 100 }) }),
        response: { 200: backupShape, ...shapes.problems(400, 401, 404) },
      },
    },
    async ({ params }) => {
      const found = backups.find(params.id);
      if (found !== null) return found;
      throw new Problem(404, "backup_not_found", "There is no such backup since the platform was started.", {
        hint: "A backup that a stop cut short is taken up by the next one into the same folder.",
        field: "id",
      });
    },
  );
}
