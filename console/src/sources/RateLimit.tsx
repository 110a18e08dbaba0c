import { Button, Modal, NumberInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";
import { countText } from "../parts/countText.ts";
import { Panel } from "../parts/Panel.tsx";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { words } from "../words/words.ts";
import { useChangeSource } from "./sourceQueries.ts";

const text = words.sources.limit;
const form = words.sources.form;
const most = 1_000_000;

/** How much the source may send, and a way to change it. */
export function RateLimit({ id, limit }: { id: string; limit: number | null }) {
  const [isOpen, setOpen] = useState(false);
  const close = (): void => setOpen(false);
  const settled = { data: limit, error: null, isPending: false, refetch: () => undefined };
  const button = (
    <Button variant="default" size="xs" h="var(--c360-target)" onClick={() => setOpen(true)}>
      {text.change}
    </Button>
  );
  return (
    <Panel title={text.panelTitle} actions={button} query={settled} height={0}>
      {() => (
        <>
          <p className="limitTold numbers">{limit === null ? text.none : text.some(countText(limit))}</p>
          <Modal opened={isOpen} onClose={close} title={text.title} closeButtonProps={{ "aria-label": form.close }}>
            <LimitForm id={id} limit={limit} onClose={close} />
          </Modal>
        </>
      )}
    </Panel>
  );
}

function LimitForm({ id, limit, onClose }: { id: string; limit: number | null; onClose: () => void }) {
  const change = useChangeSource(id);
  const [value, setValue] = useState<number | string>(limit ?? "");
  const [isTouched, setTouched] = useState(false);
  const isRate = typeof value === "number" && Number.isSafeInteger(value) && value >= 1 && value <= most;
  const isNone = value === "";
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    setTouched(true);
    if (isRate || isNone) change.mutate({ maxEventsPerSecond: isNone ? null : value }, { onSuccess: onClose });
  };
  return (
    <form onSubmit={onSubmit} className="formGap" noValidate>
      <p>{text.effect}</p>
      <NumberInput
        label={text.label}
        description={text.hint}
        value={value}
        onChange={setValue}
        onBlur={() => setTouched(true)}
        error={isTouched && !isRate && !isNone ? text.wrong : null}
        allowDecimal={false}
        allowNegative={false}
        hideControls
        data-autofocus
      />
      {change.error !== null && <ProblemNote error={change.error} keepsWritten />}
      <div className="formActions">
        <Button variant="default" h="var(--c360-target)" onClick={onClose}>
          {form.cancel}
        </Button>
        <Button type="submit" h="var(--c360-target)" loading={change.isPending}>
          {text.save}
        </Button>
      </div>
    </form>
  );
}
