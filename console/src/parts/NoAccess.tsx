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
}

/** In place of what this token may not have: what is missing, who can give it, and another token, which leads back here. */
export function NoAccess({ problem: { message, hint, requestId }, what }: NoAccessProps) {
  return (
    <div className="stateBox noAccess" role={what === "do" ? "alert" : "note"}>
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
      <Button variant="default" size="xs" h="var(--c360-target)" onClick={signOut}>
        {text.another}
      </Button>
    </div>
  );
}
