import { Problem } from "../../../model/problem.ts";
import { StateForbidden } from "../../../storage/stateForbidden.ts";

/**
 * DynamoDB does not answer, or refuses for now: trying again may help, and no event's content is to blame. Its message
 * has the error's name and nothing of the request.
 */
export class StateUnavailable extends Error {
  readonly code = "state_unavailable";
  constructor(why: string) {
    super(`the table of the state does not answer: ${why}`);
  }
}

/** What it says of a request that it will never take, whoever sends it again. */
const refusals = new Set(["ValidationException", "ItemCollectionSizeLimitExceededException", "SerializationException"]);

/** The deployment is to blame: no table, no permission, or no key to it. */
const forbidden = new Set([
  "AccessDeniedException",
  "ResourceNotFoundException",
  "UnrecognizedClientException",
  "KMSAccessDeniedException",
]);

/** Problem 422 `decision_refused` where the request itself is what it refuses; {@link StateForbidden}. */
export async function told<Value>(work: Promise<Value>): Promise<Value> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof StateUnavailable || error instanceof Problem) throw error;
    if (error instanceof Error && refusals.has(error.name)) {
      throw new Problem(422, "decision_refused", `the table of the state refuses what a row says: ${error.name}`);
    }
    if (error instanceof StateForbidden) throw error;
    if (error instanceof Error && forbidden.has(error.name)) throw new StateForbidden(error.name);
    throw new StateUnavailable(error instanceof Error ? error.name : "an error without a name");
  }
}
