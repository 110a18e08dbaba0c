import { TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { type KeyboardEvent, useRef, useState } from "react";
import { matchTexts, nameText } from "../customers/matchText.ts";
import { useEnter } from "../customers/SearchField.tsx";
import { moneyText } from "../parts/moneyText.ts";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { SourceMark } from "../parts/SourceMark.tsx";
import { PlainTime } from "../parts/Time.tsx";
import type { FoundCustomer } from "../customers/customerSearch.ts";
import { useFoundCustomers } from "../shell/useFoundCustomers.ts";
import { words } from "../words/words.ts";

const text = words.corrections.find;

interface FindProps {
  label: string;
  /** Whom to look for another one of; null: for anybody. */
  id: string | null;
  onPick: (id: string) => void;
}

/** The other customer, by anything that is known of them. Enter takes the first, arrows lead to the others. */
export function FindCustomer({ label, id, onPick }: FindProps) {
  const [typed, setTyped] = useState("");
  const list = useRef<HTMLUListElement>(null);
  const found = useFoundCustomers(typed);
  const items = found.items.filter((item) => item.id !== id);
  const enter = useEnter(typed.trim() !== "" && !found.isPending, () => items[0] !== undefined && onPick(items[0].id));
  const step = (event: KeyboardEvent<HTMLElement>): void => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const buttons = [...(list.current?.querySelectorAll("button") ?? [])];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    buttons[event.key === "ArrowDown" ? Math.min(buttons.length - 1, at + 1) : Math.max(0, at - 1)]?.focus();
    event.preventDefault();
  };
  return (
    <div onKeyDown={step}>
      <TextInput
        label={label}
        placeholder={text.placeholder}
        leftSection={<IconSearch size={16} aria-hidden />}
        value={typed}
        onChange={(event) => (enter.forget(), setTyped(event.currentTarget.value))}
        onKeyDown={(event) => {
          if (event.key === "Enter" && !event.nativeEvent.isComposing) enter.press();
        }}
        maxLength={200}
        autoComplete="off"
        spellCheck={false}
        data-autofocus
      />
      {found.error !== null && <ProblemNote error={found.error} what="see" keepsWritten />}
      <p className="meta" role="status">
        {found.error === null && toldOf(typed, found.isPending, items.length)}
      </p>
      <ul className="foundPeople" ref={list}>
        {items.map((item) => (
          <li key={item.id}>
            <Found item={item} onPick={() => onPick(item.id)} />
          </li>
        ))}
      </ul>
      {found.hasMore && <p className="meta">{text.more}</p>}
    </div>
  );
}

function toldOf(typed: string, isPending: boolean, count: number): string {
  if (typed.trim().length < 2) return text.start;
  if (isPending) return words.states.loading;
  return count === 0 ? text.none : text.found(count);
}

function Found({ item, onPick }: { item: FoundCustomer; onPick: () => void }) {
  const { type, text: name } = nameText(item.displayName ?? item.id);
  const matched = matchTexts(item).map(({ field, value, how }) =>
    [field, value, how === null ? null : `(${how})`].filter((part) => part !== null).join(" "),
  );
  return (
    <button type="button" className="foundRow" onClick={onPick}>
      <span>
        {type !== null && <span className="meta">{type} </span>}
        <bdi>{name}</bdi>
        {item.city != null && <span className="dimmed"> {item.city}</span>}
      </span>
      <span className="meta markLine">
        {matched.join(", ")} · {item.revenue !== undefined && <>{moneyText(item.revenue)} · </>}
        <PlainTime at={item.lastSeenAt ?? null} />
        {(item.sources ?? []).map((kind) => (
          <SourceMark key={kind} kind={kind} iconOnly />
        ))}
      </span>
    </button>
  );
}
