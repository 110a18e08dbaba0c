import { test } from "vitest";
import { Missing } from "../standIns/standIn.ts";
import { lambdaRuntime } from "./installRuntime.ts";

/** Defines tests that need AWS' runtime client; where it cannot be built, one that is skipped and says why. */
export async function withLambdaRuntime(define: (client: string) => void): Promise<void> {
  const built = await lambdaRuntime().catch((error: unknown) => {
    if (error instanceof Missing) return error;
    throw error;
  });
  // oxlint-disable vitest/no-conditional-tests, vitest/expect-expect -- this is how a missing one is told
  if (typeof built === "string") define(built);
  else test("with the runtime interface client", (context) => context.skip(built.message));
}
