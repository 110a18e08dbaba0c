import { Button, Loader } from "@mantine/core";
import { asProblem, refusalOf } from "../api/problem.ts";
import { words } from "../words/words.ts";
import { CopyId } from "./CopyId.tsx";
import { NoAccess } from "./NoAccess.tsx";

interface ProblemNoteProps {
  error: unknown;
  onRetry?: (() => void) | undefined;
  /** It is under way: the button says so, and keeps the focus. */
  isRetrying?: boolean;
  /** What was known before stays in sight. */
  keepsData?: boolean;
  /** What was asked for: to look, or to do something. */
  what?: "see" | "do";
  /** It stands in a form that another token would empty. */
  keepsWritten?: boolean;
}

/** An error where it happened: what is wrong, how to mend it, the request's id, and Retry; what is not allowed, without. */
export function ProblemNote({
  error,
  onRetry,
  isRetrying = false,
  keepsData = false,
  what = "do",
  keepsWritten = false,
}: ProblemNoteProps) {
  const problem = asProblem(error);
  if (refusalOf(problem) !== null) return <NoAccess isAlert {...{ problem, what, keepsWritten }} />;
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
        <Button
          variant="default"
          size="xs"
          h="var(--c360-target)"
          aria-disabled={isRetrying}
          aria-busy={isRetrying}
          leftSection={isRetrying ? <Loader size={12} /> : undefined}
          onClick={isRetrying ? undefined : onRetry}
        >
          {words.states.retry}
        </Button>
      )}
    </div>
  );
}
