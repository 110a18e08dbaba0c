import { Button, Modal, Textarea } from "@mantine/core";
import { useState } from "react";
import { useFocusGivenBack } from "../parts/useFocusGivenBack.ts";
import { words } from "../words/words.ts";
import type { Blocked } from "./document.ts";

const text = words.rules;
const rows = 10;

interface BlockedProps {
  name: string;
  blocked: Blocked;
  onClose: () => void;
  onDone: (blocked: Blocked) => void;
}

/** Placeholders of a type, a line each. */
export function BlockedDialog({ name, blocked, onClose, onDone }: BlockedProps) {
  const [values, setValues] = useState(blocked.values.join("\n"));
  const [patterns, setPatterns] = useState(blocked.patterns.join("\n"));
  useFocusGivenBack();
  return (
    <Modal
      opened
      onClose={onClose}
      title={text.blockedTitle(name)}
      closeButtonProps={{ "aria-label": words.document.close }}
    >
      <div className="formGap">
        <Lines label={text.blockedValues} hint={text.blockedValuesHint} value={values} onChange={setValues} />
        <Lines label={text.blockedPatterns} hint={text.blockedPatternsHint} value={patterns} onChange={setPatterns} />
        <div className="formActions">
          <Button variant="default" h="var(--c360-target)" onClick={onClose}>
            {words.document.cancelPublish}
          </Button>
          <Button
            h="var(--c360-target)"
            onClick={() => onDone({ values: linesOf(values), patterns: linesOf(patterns) })}
          >
            {text.done}
          </Button>
        </div>
      </div>
    </Modal>
  );
}

interface LinesProps {
  label: string;
  hint: string;
  value: string;
  onChange: (value: string) => void;
}

function Lines({ label, hint, value, onChange }: LinesProps) {
  return (
    <Textarea
      label={label}
      description={hint}
      rows={rows}
      spellCheck={false}
      classNames={{ input: "rulesJson" }}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

function linesOf(text: string): string[] {
  return [...new Set(text.split("\n").map((line) => line.trim()))].filter((line) => line !== "");
}
