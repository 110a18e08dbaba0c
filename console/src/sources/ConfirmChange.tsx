import { Button, Modal } from "@mantine/core";
import { countText } from "../parts/countText.ts";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { words } from "../words/words.ts";
import type { SourceHealth } from "./sourceHealth.ts";

const text = words.sources;

interface ConfirmProps {
  isOpen: boolean;
  onClose: () => void;
  title: string;
  effect: string;
  health: SourceHealth;
  action: string;
  onConfirm: () => void;
  isPending: boolean;
  error: Error | null;
}

/** What a change stops, with how much that was lately, before it is done. */
export function ConfirmChange({
  isOpen,
  onClose,
  title,
  effect,
  health,
  action,
  onConfirm,
  isPending,
  error,
}: ConfirmProps) {
  const { last5Minutes, last24Hours } = health;
  return (
    <Modal opened={isOpen} onClose={onClose} title={title} closeButtonProps={{ "aria-label": text.form.close }}>
      <div className="formGap">
        <p>{effect}</p>
        <p className="numbers">{text.recent(countText(last5Minutes.accepted), countText(last24Hours.accepted))}</p>
        {error !== null && <ProblemNote error={error} />}
        <div className="formActions">
          <Button variant="default" h="var(--c360-target)" onClick={onClose} data-autofocus>
            {text.form.cancel}
          </Button>
          <Button color="red" h="var(--c360-target)" onClick={onConfirm} loading={isPending}>
            {action}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
