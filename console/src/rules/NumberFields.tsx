import { TextInput } from "@mantine/core";
import { useState } from "react";
import { words } from "../words/words.ts";
import { numberFields, type RulesDocument } from "./document.ts";

const text = words.rules;

export type SetValue = (path: readonly string[], value: unknown) => void;

/** Thresholds and ranks, each with what it means. */
export function NumberFields({ document, onChange }: { document: RulesDocument; onChange: SetValue }) {
  return (
    <div className="rulesNumbers">
      {numberFields(document).map(({ path, value }) => {
        const { label, hint } = text.field[path] ?? { label: path, hint: text.unknownField };
        return (
          <WholeNumber
            key={path}
            label={label}
            description={hint}
            value={value}
            onChange={(next) => onChange(path.split("."), next)}
          />
        );
      })}
    </div>
  );
}

interface WholeNumberProps {
  label: string;
  description?: string;
  /** In a table the head of the column is the label. */
  isBare?: boolean;
  /** Null: nothing is given; `unset` is what holds then. */
  value: number | null;
  unset?: string;
  onChange: (value: number) => void;
  /** Where it may be left empty. */
  onClear?: () => void;
}

/** What is typed and is no number yet stays in the field, with what is wrong; the document keeps the last one. */
export function WholeNumber({
  label,
  description,
  isBare = false,
  value,
  unset = "",
  onChange,
  onClear,
}: WholeNumberProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const shown = typed ?? String(value ?? "");
  const onType = (next: string): void => {
    const number = numberIn(next);
    if (onClear !== undefined && next.trim() === "") {
      setTyped(null);
      onClear();
      return;
    }
    setTyped(number === null ? next : null);
    if (number !== null) onChange(number);
  };
  return (
    <TextInput
      {...(isBare ? { "aria-label": label } : { label, description })}
      inputMode="numeric"
      autoComplete="off"
      placeholder={unset}
      value={shown}
      error={typed === null ? null : text.wrongNumber}
      onChange={(event) => onType(event.currentTarget.value)}
    />
  );
}

function numberIn(typed: string): number | null {
  return /^\d{1,9}$/.test(typed.trim()) ? Number(typed) : null;
}
