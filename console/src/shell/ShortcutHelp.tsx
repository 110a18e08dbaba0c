import { Kbd, Modal } from "@mantine/core";
import type { ReactNode } from "react";
import { words } from "../words/words.ts";
import { railPages } from "./pages.ts";
import type { Shortcuts } from "./useShortcuts.ts";

export function ShortcutHelp({
  isOpen,
  onClose,
  shortcuts,
}: {
  isOpen: boolean;
  onClose: () => void;
  shortcuts: Shortcuts;
}) {
  return (
    <Modal opened={isOpen} onClose={onClose} title={words.shell.shortcuts} closeButtonProps={{ "aria-label": "Close" }}>
      {!shortcuts.isOn && <p>{words.shell.shortcutsAreOff}</p>}
      <Row label={words.keys.palette}>
        <Kbd>⌘ K</Kbd> <Kbd>Ctrl K</Kbd>
      </Row>
      {railPages.map(({ path, label, key }) => (
        <Row key={path} label={words.shell.goTo(label)}>
          <Kbd>G</Kbd> {words.keys.between} <Kbd>{key.toUpperCase()}</Kbd>
        </Row>
      ))}
      <Row label={words.keys.searchHere}>
        <Kbd>/</Kbd>
      </Row>
      <Row label={words.live.keys.pause}>
        <Kbd>Space</Kbd>
      </Row>
      <Row label={words.live.keys.move}>
        <Kbd>J</Kbd> <Kbd>K</Kbd>
      </Row>
      <Row label={words.live.keys.open}>
        <Kbd>Enter</Kbd>
      </Row>
      <Row label={words.live.keys.close}>
        <Kbd>Esc</Kbd>
      </Row>
      <Row label={words.customer.timeline.keys.all}>
        <Kbd>A</Kbd>
      </Row>
      <Row label={words.customer.timeline.keys.source}>
        <Kbd>1</Kbd> … <Kbd>7</Kbd>
      </Row>
      <Row label={words.customer.timeline.keys.identity}>
        <Kbd>L</Kbd>
      </Row>
      <Row label={words.corrections.keys.merge}>
        <Kbd>M</Kbd>
      </Row>
      <Row label={words.corrections.keys.split}>
        <Kbd>X</Kbd>
      </Row>
      <Row label={words.customer.timeline.keys.walk}>
        <Kbd>←</Kbd> <Kbd>→</Kbd> <Kbd>↑</Kbd> <Kbd>↓</Kbd>
      </Row>
      <Row label={words.customer.timeline.keys.reason}>
        <Kbd>Enter</Kbd>
      </Row>
      {reviewKeys.map(([letter, label]) => (
        <Row key={letter} label={label}>
          <Kbd>{letter}</Kbd>
        </Row>
      ))}
      <Row label={words.keys.help}>
        <Kbd>?</Kbd>
      </Row>
    </Modal>
  );
}

const reviewKeys = [
  ["A", words.review.keys.same],
  ["R", words.review.keys.different],
  ["S", words.review.keys.skip],
  ["Z", words.review.keys.undo],
  ["W", words.review.keys.weights],
] as const;

function Row({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="keyRow">
      <span>{label}</span>
      <span>{children}</span>
    </div>
  );
}
