import { Button } from "@mantine/core";
import { asProblem } from "../api/problem.ts";
import { words } from "../words/words.ts";
import { CopyId } from "./CopyId.tsx";

/** An error where it happened: what is wrong, how to mend it, the request's id, and Retry. */
export function ProblemNote({
  error,
  onRetry,
  keepsData = false,
}: {
  error: unknown;
  onRetry?: (() => void) | undefined;
  keepsData?: boolean;
}) {
  const problem = asProblem(error);
  return (
    <div className="stateBox problem" role="alert">
      <p className="stateTitle">{problem.message}</p>
      {problem.hint !== null && <p>{problem.hint}</p>}
      {keepsData && <p className="meta">{words.states.stale}</p>}
      {problem.requestId !== null && (
        <div className="meta">
          {words.states.request} <CopyId id={problem.requestId} what="request id" />
        </div>
      )}
      {onRetry !== undefined && (
        <Button variant="default" size="xs" h="var(--c360-target)" onClick={onRetry}>
          {words.states.retry}
        </Button>
      )}
    </div>
  );
}
