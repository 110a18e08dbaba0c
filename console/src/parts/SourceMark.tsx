import {
  IconAddressBook,
  IconBroadcast,
  IconBuildingStore,
  IconDeviceMobile,
  IconMessages,
  IconReceipt,
  IconUser,
  IconWorld,
  type TablerIcon,
} from "@tabler/icons-react";
import { words } from "../words/words.ts";
import { correctionSource } from "./correctionSource.ts";

export type SourceKind = keyof typeof words.kinds;

const icons: Record<SourceKind, TablerIcon> = {
  web: IconWorld,
  mobile: IconDeviceMobile,
  pos: IconBuildingStore,
  erp: IconReceipt,
  crm: IconAddressBook,
  iot: IconBroadcast,
  social: IconMessages,
};

export const sourceKinds = Object.keys(icons) as SourceKind[];

export function isSourceKind(text: string): text is SourceKind {
  return Object.hasOwn(icons, text);
}

/**
 * The icon and colour that a kind of source has everywhere, with `label` (the source's name; without one, the kind's)
 * as neutral text. `iconOnly` keeps the words for screen readers and a tooltip.
 */
export function SourceMark({ kind, label, iconOnly = false }: { kind: string; label?: string; iconOnly?: boolean }) {
  const known = isSourceKind(kind) ? kind : null;
  const isPerson = kind === correctionSource;
  const Icon = isPerson ? IconUser : known === null ? IconBroadcast : icons[known];
  const kindWord = isPerson ? words.corrections.source : known === null ? kind : words.kinds[known];
  const text = isPerson ? kindWord : (label ?? kindWord);
  const colour = known === null ? "var(--mantine-color-dimmed)" : `var(--c360-${known})`;
  const title = label === undefined || isPerson ? kindWord : `${label} (${kindWord})`;
  const icon = <Icon size={16} stroke={2} color={colour} aria-hidden />;
  if (iconOnly) {
    return (
      <span className="sourceMark" title={title} role="img" aria-label={text}>
        {icon}
      </span>
    );
  }
  return (
    <span className="sourceMark" title={title}>
      {icon}
      <span className="cut">{text}</span>
    </span>
  );
}
