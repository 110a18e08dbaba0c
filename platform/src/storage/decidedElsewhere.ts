import { Problem } from "../model/problem.ts";

const code = "decided_elsewhere";

/** Another writer has the state: whoever meets it is late and must end. */
export function decidedElsewhere(): Problem {
  return new Problem(409, code, "another process has decided events on this state meanwhile", {
    hint: "let only one process have the data directory, and start it again",
  });
}

export function isDecidedElsewhere(error: unknown): boolean {
  return error instanceof Problem && error.code === code;
}
