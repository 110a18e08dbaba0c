import { ActionIcon, Checkbox, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { words } from "../words/words.ts";
import { convertTypes, type Step, stepOps } from "./steps.ts";

const text = words.rejects;
const valueRows = 3;
export const pathListId = "reject-paths";

interface StepProps {
  step: Step;
  /** From 1. */
  number: number;
  onChange: (changed: Partial<Step>) => void;
  onRemove: () => void;
}

/** One step, as fields. */
export function StepFields({ step, number, onChange, onRemove }: StepProps) {
  return (
    <fieldset className="step">
      <legend className="visuallyHidden">{text.step(number)}</legend>
      <NativeSelect
        aria-label={text.operation(number)}
        value={step.op}
        data={stepOps.map((value) => ({ value, label: text.operations[value] }))}
        onChange={({ currentTarget: { value } }) => onChange({ op: stepOps.find((op) => op === value) ?? "set" })}
      />
      <TextInput
        className="stepPath"
        label={text.path}
        placeholder={text.pathHint}
        value={step.path}
        list={pathListId}
        spellCheck={false}
        autoCapitalize="off"
        classNames={{ input: "mono" }}
        onChange={({ currentTarget: { value } }) => onChange({ path: value })}
      />
      <ActionIcon
        className="stepRemove"
        variant="subtle"
        color="gray"
        size="var(--c360-target)"
        onClick={onRemove}
        aria-label={text.removeStep(number)}
      >
        <IconX size={16} />
      </ActionIcon>
      <div className="stepMore">
        <More step={step} onChange={onChange} />
      </div>
    </fieldset>
  );
}

function More({ step, onChange }: Pick<StepProps, "step" | "onChange">) {
  switch (step.op) {
    case "set":
      return (
        <>
          <Field
            label={text.value}
            hint={text.valueHint}
            value={step.value}
            onChange={(value) => onChange({ value })}
          />
          <Checkbox
            label={text.onlyIfMissing}
            checked={step.onlyIfMissing}
            onChange={({ currentTarget: { checked } }) => onChange({ onlyIfMissing: checked })}
          />
        </>
      );
    case "remove":
      return null;
    case "rename":
    case "copy":
      return <Field label={text.to} hint={text.pathHint} value={step.to} onChange={(to) => onChange({ to })} />;
    case "convert":
      return <Conversion step={step} onChange={onChange} />;
    case "map":
      return (
        <>
          <Textarea
            label={text.values}
            description={text.valuesHint}
            rows={valueRows}
            classNames={{ input: "mono" }}
            value={step.values}
            spellCheck={false}
            onChange={({ currentTarget: { value } }) => onChange({ values: value })}
          />
          <Field
            label={text.otherwise}
            hint={text.otherwiseHint}
            value={step.otherwise}
            onChange={(otherwise) => onChange({ otherwise })}
          />
        </>
      );
    case "time":
      return (
        <>
          <Field
            label={text.format}
            hint={text.formatHint}
            value={step.format}
            onChange={(format) => onChange({ format })}
          />
          <Field label={text.zone} hint="Europe/London" value={step.zone} onChange={(zone) => onChange({ zone })} />
        </>
      );
  }
}

function Conversion({ step, onChange }: Pick<StepProps, "step" | "onChange">) {
  const isNumber = step.type === "number" || step.type === "integer";
  return (
    <>
      <NativeSelect
        label={text.type}
        value={step.type}
        data={convertTypes.map((value) => ({ value, label: text.types[value] }))}
        onChange={({ currentTarget: { value } }) =>
          onChange({ type: convertTypes.find((type) => type === value) ?? "number" })
        }
      />
      {isNumber && (
        <NativeSelect
          label={text.decimal}
          value={step.decimal}
          data={[
            { value: ".", label: text.decimals.point },
            { value: ",", label: text.decimals.comma },
          ]}
          onChange={({ currentTarget: { value } }) => onChange({ decimal: value === "," ? "," : "." })}
        />
      )}
    </>
  );
}

interface FieldProps {
  label: string;
  hint: string;
  value: string;
  onChange: (value: string) => void;
}

function Field({ label, hint, value, onChange }: FieldProps) {
  return (
    <TextInput
      label={label}
      placeholder={hint}
      value={value}
      spellCheck={false}
      autoCapitalize="off"
      classNames={{ input: "mono" }}
      onChange={({ currentTarget }) => onChange(currentTarget.value)}
    />
  );
}
