import { expect, test } from "vitest";
import { Problem } from "../../../model/problem.ts";
import { StateForbidden } from "../../../storage/stateForbidden.ts";
import { StateUnavailable, told } from "./stateUnavailable.ts";

test.each([
  ["ValidationException", Problem],
  ["ItemCollectionSizeLimitExceededException", Problem],
  ["SerializationException", Problem],
  ["AccessDeniedException", StateForbidden],
  ["ResourceNotFoundException", StateForbidden],
  ["ProvisionedThroughputExceededException", StateUnavailable],
  ["TimeoutError", StateUnavailable],
])("%s is told by what helps against it", async (name, kind) => {
  const error = Object.assign(new Error("the request, quoted"), { name });
  const answer = await told(Promise.reject(error)).catch((failure: unknown) => failure);
  expect(answer).toBeInstanceOf(kind);
  expect(String(answer)).not.toContain("quoted");
  expect(await told(Promise.reject(answer)).catch((failure: unknown) => failure)).toBe(answer);
});
