import { Problem } from "../model/problem.ts";
import { tokenShown } from "./authorisation.ts";

/** The id of a token; null for one that is not known. */
export type CallerOf = (token: string) => Promise<string | null>;

/** Who calls, by the id of the token. Problem 401 `token_unknown` for one that was revoked since it was let in. */
export async function callerIn(headers: { authorization?: string | undefined }, callerOf: CallerOf): Promise<string> {
  const caller = await callerOf(tokenShown("token", headers.authorization) ?? "");
  if (caller === null) throw new Problem(401, "token_unknown", "The API token is not known here any more.");
  return caller;
}
