import { ActionIcon, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconSearch, IconX } from "@tabler/icons-react";
import { type KeyboardEvent, useEffect, useEffectEvent, useRef, useState } from "react";
import { words as sentences } from "../words/words.ts";

const text = sentences.customers;
const debounceMs = 150;

/**
 * What stands in the field, which is ahead of the address: that follows when no key was pressed for a moment. Back, and
 * whatever else changes the address, changes the field.
 */
export function useTypedWords(asked: string, onAsk: (words: string) => void) {
  const [words, setWords] = useState(asked);
  const written = useRef(asked);
  const [settled] = useDebouncedValue(words, debounceMs);
  useEffect(() => {
    if (asked === written.current) return;
    written.current = asked;
    setWords(asked);
  }, [asked]);
  const write = useEffectEvent((q: string) => {
    if (q === written.current) return;
    written.current = q;
    onAsk(q);
  });
  useEffect(() => write(settled), [settled]);
  return { words, setWords };
}

/** Enter opens what was found for the words that stand there: it waits for the answer, and typing on takes it back. */
export function useEnter(isCurrent: boolean, onEnter: () => void) {
  const [isWaiting, setWaiting] = useState(false);
  const open = useEffectEvent(onEnter);
  useEffect(() => {
    if (!isWaiting || !isCurrent) return;
    setWaiting(false);
    open();
  }, [isWaiting, isCurrent]);
  return {
    press: (): boolean => {
      setWaiting(true);
      return true;
    },
    forget: () => setWaiting(false),
  };
}

interface FieldProps {
  words: string;
  onChange: (words: string) => void;
  /** False when the key was not taken. */
  onKey: (key: string) => boolean;
}

/** Arrows and Enter go to the rows while it is typed in. */
export function SearchField({ words, onChange, onKey }: FieldProps) {
  const field = useRef<HTMLInputElement>(null);
  const take = (event: KeyboardEvent<HTMLInputElement>): void => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Escape" && words === "") field.current?.blur();
    else if (event.key === "Escape") onChange("");
    else if (!onKey(event.key)) return;
    event.preventDefault();
  };
  const clear = (): void => {
    onChange("");
    field.current?.focus();
  };
  return (
    <TextInput
      ref={field}
      size="md"
      rightSectionWidth="var(--c360-target)"
      type="text"
      inputMode="search"
      enterKeyHint="search"
      autoComplete="off"
      spellCheck={false}
      data-page-search
      aria-label={text.search}
      placeholder={text.placeholder}
      leftSection={<IconSearch size={16} aria-hidden />}
      rightSection={
        words === "" ? null : (
          <ActionIcon
            variant="subtle"
            color="gray"
            size="var(--c360-target)"
            onClick={clear}
            aria-label={text.clearSearch}
          >
            <IconX size={16} />
          </ActionIcon>
        )
      }
      maxLength={200}
      value={words}
      onChange={(event) => onChange(event.currentTarget.value)}
      onKeyDown={take}
    />
  );
}
