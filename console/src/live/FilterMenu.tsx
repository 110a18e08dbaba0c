import { Button, Popover } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { type ReactNode, useEffect, useState } from "react";
import { countText } from "../parts/countText.ts";
import { words } from "../words/words.ts";

const text = words.live.filters;

interface FilterMenuProps<Value extends string> {
  label: string;
  chosen: readonly Value[];
  options: readonly Value[];
  /** What to say where there are no options. */
  empty?: string;
  textOf: (value: Value) => string;
  renderOption?: (value: Value) => ReactNode;
  onChange: (chosen: Value[]) => void;
  /** Told when it is opened first: what it offers may have to be fetched. */
  onOpen?: () => void;
  /** Above the options. */
  children?: ReactNode;
}

/** A button that says what is chosen, with the choice below it. What is chosen stays on offer, known or not. */
export function FilterMenu<Value extends string>({
  label,
  chosen: given,
  options,
  empty,
  textOf,
  renderOption,
  onChange,
  onOpen,
  children,
}: FilterMenuProps<Value>) {
  const [isOpen, setOpen] = useState(false);
  // The address follows a moment later: a box is checked when it is clicked.
  const [chosen, setChosen] = useState(given);
  useEffect(() => setChosen(given), [given]);
  const [first] = chosen;
  const said =
    first === undefined ? text.all : chosen.length === 1 ? textOf(first) : text.chosen(countText(chosen.length));
  const all = [...chosen.filter((value) => !options.includes(value)), ...options];
  const toggle = (value: Value): void => {
    const next = chosen.includes(value) ? chosen.filter((one) => one !== value) : [...chosen, value];
    setChosen(next);
    onChange(next);
  };
  return (
    <Popover opened={isOpen} onChange={setOpen} position="bottom-start" width={280} trapFocus>
      <Popover.Target>
        <Button
          variant={first === undefined ? "default" : "light"}
          h="var(--c360-target)"
          px={12}
          className="filterButton"
          rightSection={<IconChevronDown size={14} />}
          onClick={() => {
            setOpen(!isOpen);
            onOpen?.();
          }}
        >
          {label}: {said}
        </Button>
      </Popover.Target>
      <Popover.Dropdown className="filterDropdown" aria-label={label}>
        {children}
        {all.length === 0 && empty !== undefined && <p className="dimmed">{empty}</p>}
        <ul className="filterOptions">
          {all.map((value) => (
            <li key={value}>
              <label>
                <input type="checkbox" checked={chosen.includes(value)} onChange={() => toggle(value)} />
                {renderOption === undefined ? <span className="cut">{textOf(value)}</span> : renderOption(value)}
              </label>
            </li>
          ))}
        </ul>
      </Popover.Dropdown>
    </Popover>
  );
}
