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

export async function told<Value>(work: Promise<Value>): Promise<Value> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof StateUnavailable) throw error;
    throw new StateUnavailable(error instanceof Error ? error.name : "an error without a name");
  }
}
