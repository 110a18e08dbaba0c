import { Button, Modal, Textarea } from "@mantine/core";
import { type SubmitEvent, useState } from "react";
import { countText } from "../parts/countText.ts";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { words } from "../words/words.ts";
import { type RulesEffect, usePublish } from "./rulesQueries.ts";
import type { RulesDraft } from "./useDraft.ts";

const text = words.rules;
const maxReasonChars = 500;

export interface Published {
  number: number;
  decided: boolean;
}

interface PublishProps {
  isOpen: boolean;
  onClose: () => void;
  draft: RulesDraft;
  /** That it would be. */
  number: number;
  /** Of this very draft; null where it was not tried out. */
  effect: RulesEffect | null;
  onPublished: (done: Published) => void;
}

/** What it does, and why: then it holds. */
export function PublishDialog({ isOpen, onClose, number, ...form }: PublishProps) {
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={text.publishTitle(number)}
      closeButtonProps={{ "aria-label": text.close }}
    >
      <PublishForm onClose={onClose} {...form} />
    </Modal>
  );
}

function PublishForm({ onClose, draft, effect, onPublished }: Omit<PublishProps, "isOpen" | "number">) {
  const publish = usePublish();
  const [reason, setReason] = useState("");
  const [isMissing, setMissing] = useState(false);
  const { document } = draft.parsed;
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (reason.trim() === "" || document === null) return setMissing(true);
    publish.mutate(
      { document, basedOn: draft.basedOn, reason: reason.trim() },
      {
        onSuccess: ({ version, decided }) => {
          draft.discard();
          onPublished({ number: version.number, decided });
          onClose();
        },
      },
    );
  };
  return (
    <form className="rulesForm" onSubmit={onSubmit} noValidate>
      <p>{text.publishEffect}</p>
      <p className="numbers">{effectText(effect)}</p>
      <Textarea
        label={text.reason}
        description={text.reasonHint}
        rows={3}
        maxLength={maxReasonChars}
        value={reason}
        error={isMissing && reason.trim() === "" ? text.reasonMissing : null}
        onChange={(event) => setReason(event.currentTarget.value)}
        required
        data-autofocus
      />
      {publish.error !== null && <ProblemNote error={publish.error} />}
      <div className="rulesFormEnd">
        <Button variant="default" h="var(--c360-target)" onClick={onClose}>
          {text.cancelPublish}
        </Button>
        <Button type="submit" h="var(--c360-target)" loading={publish.isPending}>
          {text.publishNow}
        </Button>
      </div>
    </form>
  );
}

function effectText(effect: RulesEffect | null): string {
  if (effect === null) return text.publishUntried;
  const { joins, splits, affected } = effect;
  return affected === 0 ? text.nobody : text.publishTold(countText(joins), countText(splits), countText(affected));
}
