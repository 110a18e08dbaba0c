import { Button } from "@mantine/core";
import { IconArrowBackUp, IconEqual, IconEqualNot, IconPlayerSkipForward } from "@tabler/icons-react";
import { words } from "../words/words.ts";
import type { Queue } from "./useQueue.ts";

const text = words.review.actions;

export interface ActionsProps {
  queue: Queue;
  isDecidable: boolean;
  onGive: (answer: "same" | "different" | "skip") => void;
}

/** A R S Z; the keys are told beside the words. */
export function Actions({ queue, isDecidable, onGive }: ActionsProps) {
  const common = { h: "var(--c360-target)" } as const;
  return (
    <div className="reviewActions" data-no-print>
      <Button {...common} disabled={!isDecidable} leftSection={<IconEqual size={16} />} onClick={() => onGive("same")}>
        {text.same}
        <Key letter="A" />
      </Button>
      <Button
        {...common}
        variant="default"
        disabled={!isDecidable}
        leftSection={<IconEqualNot size={16} />}
        onClick={() => onGive("different")}
      >
        {text.different}
        <Key letter="R" />
      </Button>
      <Button
        {...common}
        variant="default"
        disabled={!isDecidable}
        leftSection={<IconPlayerSkipForward size={16} />}
        onClick={() => onGive("skip")}
      >
        {text.skip}
        <Key letter="S" />
      </Button>
      <Button
        {...common}
        variant="subtle"
        color="gray"
        disabled={queue.last === null}
        leftSection={<IconArrowBackUp size={16} />}
        onClick={queue.undo}
      >
        {text.undo}
        <Key letter="Z" />
      </Button>
    </div>
  );
}

function Key({ letter }: { letter: string }) {
  return <kbd className="keyHint reviewKey">{letter}</kbd>;
}
