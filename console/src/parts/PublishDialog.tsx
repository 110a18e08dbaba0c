import { Button, Modal, Textarea } from "@mantine/core";
import { type ReactNode, type SubmitEvent, useState } from "react";
import { words } from "../words/words.ts";
import { ProblemNote } from "./ProblemNote.tsx";

const text = words.document;
const maxReasonChars = 500;

interface PublishProps {
  isOpen: boolean;
  onClose: () => void;
  title: string;
  /** What it does. */
  children: ReactNode;
  onPublish: (reason: string) => void;
  isPending: boolean;
  error: Error | null;
}

/** What it does, and why: then it holds. */
export function PublishDialog({ isOpen, onClose, title, ...form }: PublishProps) {
  // What was sent cannot be taken back by looking away.
  const close = (): void => {
    if (!form.isPending) onClose();
  };
  return (
    <Modal opened={isOpen} onClose={close} title={title} closeButtonProps={{ "aria-label": text.close }}>
      <PublishForm onClose={close} {...form} />
    </Modal>
  );
}

function PublishForm({ onClose, children, onPublish, isPending, error }: Omit<PublishProps, "isOpen" | "title">) {
  const [reason, setReason] = useState("");
  const [isMissing, setMissing] = useState(false);
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (reason.trim() === "") setMissing(true);
    else onPublish(reason.trim());
  };
  return (
    <form className="formGap" onSubmit={onSubmit} noValidate>
      {children}
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
      {error !== null && <ProblemNote error={error} keepsWritten />}
      <div className="formActions">
        <Button variant="default" h="var(--c360-target)" disabled={isPending} onClick={onClose}>
          {text.cancelPublish}
        </Button>
        <Button type="submit" h="var(--c360-target)" loading={isPending}>
          {text.publishNow}
        </Button>
      </div>
    </form>
  );
}
