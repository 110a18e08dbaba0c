import { Button } from "@mantine/core";
import { IconCircleCheck } from "@tabler/icons-react";
import { Link } from "react-router";
import { displayNameOf } from "../customer/who.ts";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { words } from "../words/words.ts";
import { type CorrectionAnswer, useUndo } from "./correctionQueries.ts";
import { peopleText } from "./EffectView.tsx";

const text = words.corrections;
const maxReasonChars = 500;

interface SaidProps {
  answer: CorrectionAnswer;
  reason: string;
  onClose: () => void;
}

/** What was done, whom it left, and the way back. */
export function Said({ answer, reason, onClose }: SaidProps) {
  const undo = useUndo();
  const undone = undo.data;
  const { before, after, decided } = undone ?? answer;
  const undoReason = text.done.undoneReason(reason).slice(0, maxReasonChars);
  return (
    <div className="said">
      <p className="saidVerdict" role="status">
        <IconCircleCheck size={18} aria-hidden />
        {undone !== undefined
          ? text.done.undone
          : decided
            ? text.done.decided(peopleText(before.length), peopleText(after.length))
            : text.done.pending}
      </p>
      <h3>{text.done.people}</h3>
      <ul className="saidPeople">
        {after.map(({ profile }) => (
          <li key={profile.id}>
            <Link to={`/customers/${profile.id}`} onClick={onClose}>
              <bdi>{displayNameOf(profile)}</bdi>
            </Link>
          </li>
        ))}
      </ul>
      {undo.error !== null && <ProblemNote error={undo.error} />}
      <div className="sayActions">
        {undone === undefined && (
          <Button
            variant="default"
            h="var(--c360-target)"
            loading={undo.isPending}
            onClick={() => undo.mutate({ answer, reason: undoReason })}
          >
            {text.done.undo}
          </Button>
        )}
        <Button h="var(--c360-target)" onClick={onClose} data-autofocus>
          {text.close}
        </Button>
      </div>
    </div>
  );
}
