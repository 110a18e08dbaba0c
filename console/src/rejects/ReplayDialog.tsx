import { Button, Modal } from "@mantine/core";
import { countText } from "../parts/countText.ts";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { words } from "../words/words.ts";
import { type Cause, type Replay, useReplay, useStartReplay } from "./rejectQueries.ts";
import type { Transformation } from "./steps.ts";

const text = words.rejects;

interface DialogProps {
  cause: Cause;
  /** Null: all that are open. */
  messageIds: string[] | null;
  transformation: Transformation | null;
  /** Id of the dry run of these very steps over all of them. */
  tried: string | null;
  isOpen: boolean;
  onClose: () => void;
  onStarted: (replay: Replay) => void;
}

/** What it does, before it is done. */
export function ReplayDialog({ cause, messageIds, transformation, tried, isOpen, onClose, onStarted }: DialogProps) {
  const dryRun = useReplay(tried);
  const start = useStartReplay((replay) => {
    onStarted(replay);
    onClose();
  });
  const count = messageIds?.length ?? cause.open;
  const of = messageIds === null ? { cause: cause.id } : { source: cause.source, messageIds };
  const close = (): void => {
    start.reset();
    onClose();
  };
  return (
    <Modal
      opened={isOpen}
      onClose={close}
      title={count === 1 ? text.replayOne : text.replayTitle(countText(count))}
      closeButtonProps={{ "aria-label": text.close }}
    >
      <div className="formGap">
        <p className="replayTold">{text.replayEffect}</p>
        <p className="replayTold numbers">{toldOf(dryRun.data, transformation !== null || messageIds === null)}</p>
        {start.error !== null && <ProblemNote error={start.error} />}
        <div className="formActions">
          <Button variant="default" h="var(--c360-target)" onClick={close}>
            {text.cancel}
          </Button>
          <Button
            h="var(--c360-target)"
            loading={start.isPending}
            onClick={() => start.mutate({ ...of, transformation, dryRun: false })}
          >
            {text.replayNow}
          </Button>
        </div>
      </div>
    </Modal>
  );
}

function toldOf(dryRun: Replay | undefined, isWorthTrying: boolean): string {
  if (dryRun === undefined) return isWorthTrying ? text.replayUntried : "";
  return text.replayTold(countText(dryRun.accepted), countText(dryRun.refused));
}
