import { Button, Textarea } from "@mantine/core";
import { type SubmitEvent, useState } from "react";
import { ApiProblem } from "../api/problem.ts";
import { PanelStates } from "../parts/Panel.tsx";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { words } from "../words/words.ts";
import type { Manner } from "./asked.ts";
import { CompareView } from "./CompareView.tsx";
import { type CorrectionAnswer, type CorrectionPreview, useCorrect, usePreview } from "./correctionQueries.ts";
import { EffectView } from "./EffectView.tsx";
import { Said } from "./Said.tsx";
import type { Wanted } from "./wanted.ts";

const text = words.corrections;
const reservedHeight = 320;
const maxReasonChars = 500;

interface SayProps {
  manner: Manner;
  wanted: Wanted;
  /** Null: there is no step before. */
  onBack: (() => void) | null;
  onClose: () => void;
}

/** What it would do, before it is said; why, to be kept; and afterwards the way back. */
export function SayForm({ manner, wanted, onBack, onClose }: SayProps) {
  const preview = usePreview(wanted);
  const [said, setSaid] = useState<{ answer: CorrectionAnswer; reason: string } | null>(null);
  if (said !== null) return <Said {...said} onClose={onClose} />;
  return (
    <>
      <p className="sayWhat">{text.what[manner]}</p>
      {/* An effect that is no longer sure is not shown beside its error. */}
      <PanelStates
        query={{ ...preview, data: preview.error === null ? preview.data : undefined }}
        height={reservedHeight}
      >
        {(seen) => (
          <Effect
            {...{ manner, wanted, preview: seen, onBack, onClose }}
            onLook={() => void preview.refetch()}
            onSaid={(answer, reason) => setSaid({ answer, reason })}
          />
        )}
      </PanelStates>
      {preview.error !== null && (
        <div className="sayActions">
          <Button variant="default" h="var(--c360-target)" onClick={onBack ?? onClose}>
            {onBack === null ? text.close : text.back}
          </Button>
        </div>
      )}
    </>
  );
}

interface EffectProps extends SayProps {
  preview: CorrectionPreview;
  onLook: () => void;
  onSaid: (answer: CorrectionAnswer, reason: string) => void;
}

function Effect({ manner, wanted, preview, onBack, onClose, onLook, onSaid }: EffectProps) {
  const [one, other] = preview.before;
  const pair = wanted.merge ?? null;
  return (
    <>
      <EffectView effect={preview} />
      {pair !== null && one !== undefined && other !== undefined && <CompareView one={one} other={other} pair={pair} />}
      <ReasonForm {...{ manner, wanted, onBack, onClose, onLook, onSaid }} basis={preview.basis} />
    </>
  );
}

function ReasonForm({
  manner,
  wanted,
  basis,
  onBack,
  onClose,
  onLook,
  onSaid,
}: Omit<EffectProps, "preview"> & { basis: string }) {
  const correct = useCorrect();
  const [reason, setReason] = useState("");
  const [isTouched, setTouched] = useState(false);
  const isMissing = reason.trim() === "";
  const hasChanged = correct.error instanceof ApiProblem && correct.error.code === "changed_meanwhile";
  const say = (event: SubmitEvent): void => {
    event.preventDefault();
    setTouched(true);
    if (isMissing) return;
    correct.mutate({ wanted, reason: reason.trim(), basis }, { onSuccess: (answer) => onSaid(answer, reason.trim()) });
  };
  return (
    <form className="sayForm" onSubmit={say} noValidate>
      <Textarea
        label={text.reason}
        description={text.reasonHint}
        placeholder={text.reasonPlaceholder[manner]}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        onBlur={() => setTouched(true)}
        error={isTouched && isMissing ? text.reasonMissing : null}
        maxLength={maxReasonChars}
        rows={2}
        required
        data-autofocus
      />
      {correct.error !== null && <ProblemNote error={correct.error} keepsWritten />}
      <div className="sayActions">
        <Button variant="default" h="var(--c360-target)" onClick={onBack ?? onClose}>
          {onBack === null ? text.cancel : text.back}
        </Button>
        {hasChanged ? (
          <Button h="var(--c360-target)" onClick={() => (correct.reset(), onLook())}>
            {text.lookAgain}
          </Button>
        ) : (
          <Button type="submit" h="var(--c360-target)" loading={correct.isPending}>
            {text.actions[manner]}
          </Button>
        )}
      </div>
    </form>
  );
}
