import { Button, Modal } from "@mantine/core";
import { useState } from "react";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { words } from "../words/words.ts";
import { useRemovePlan } from "./planQueries.ts";

const text = words.plans;

interface RemoveProps {
  isOpen: boolean;
  onClose: () => void;
  source: string;
  name: string;
  /** That holds. */
  version: number;
}

/** What it stops, before the plan is taken away. */
export function RemoveDialog({ isOpen, onClose, source, name, version }: RemoveProps) {
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={text.removeTitle(name)}
      closeButtonProps={{ "aria-label": words.document.close }}
    >
      <RemoveForm source={source} version={version} onClose={onClose} />
    </Modal>
  );
}

function RemoveForm({ source, version, onClose }: Pick<RemoveProps, "source" | "version" | "onClose">) {
  // One that is published while it stands open is not meant.
  const [meant] = useState(version);
  const remove = useRemovePlan(source);
  return (
    <div className="formGap">
      <p>{text.removeEffect}</p>
      {remove.error !== null && <ProblemNote error={remove.error} />}
      <div className="formActions">
        <Button variant="default" h="var(--c360-target)" onClick={onClose} data-autofocus>
          {text.cancel}
        </Button>
        <Button
          color="red"
          h="var(--c360-target)"
          loading={remove.isPending}
          onClick={() => remove.mutate(meant, { onSuccess: onClose })}
        >
          {text.removeNow}
        </Button>
      </div>
    </div>
  );
}
