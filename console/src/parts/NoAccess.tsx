import { Button } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import type { ApiProblem } from "../api/problem.ts";
import { signOut } from "../session/session.ts";
import { words } from "../words/words.ts";
import { CopyId } from "./CopyId.tsx";

const text = words.noAccess;

interface NoAccessProps {
  /** A 403: its message says what is missing, its hint who can give it. */
  problem: ApiProblem;
  /** To look, or to do what was asked for. */
  what: "see" | "do";
  /** It answers what a person just did, and is told at once. */
  isAlert?: boolean;
  /** What was written beside it would be lost by signing out: then it leads nowhere. */
  keepsWritten?: boolean;
}

/** In place of what this token may not have: what is missing, who can give it, and another token, which leads back here. */
export function NoAccess({ problem, what, isAlert = false, keepsWritten = false }: NoAccessProps) {
  const { message, hint, requestId } = problem;
  return (
    <div className="stateBox noAccess" role={isAlert ? "alert" : "note"}>
      <p className="stateTitle">
        <IconLock size={16} aria-hidden /> {text.titles[what]}
      </p>
      <p>{message}</p>
      <p>{hint ?? text.ask}</p>
      {requestId !== null && (
        <div className="meta">
          {words.states.request} <CopyId id={requestId} what="request id" />
        </div>
      )}
      {!keepsWritten && (
        <Button variant="default" size="xs" h="var(--c360-target)" onClick={signOut}>
          {text.another}
        </Button>
      )}
    </div>
  );
}
