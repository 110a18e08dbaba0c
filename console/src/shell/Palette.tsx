import { createSpotlight, Spotlight } from "@mantine/spotlight";
import { IconSearch, IconUser, IconUsers } from "@tabler/icons-react";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { useEnter } from "../customers/SearchField.tsx";
import type { FoundCustomer } from "../customers/customerSearch.ts";
import { matchTexts, nameText } from "../customers/matchText.ts";
import { addressOf, readView } from "../customers/view.ts";
import { moneyText } from "../parts/moneyText.ts";
import { relativeTime } from "../parts/timeText.ts";
import { words } from "../words/words.ts";
import { matching, type PaletteAction, type PaletteGroup, usePaletteGroups } from "./paletteGroups.tsx";
import { type FoundCustomers, useFoundCustomers } from "./useFoundCustomers.ts";

const text = words.shell;
const [store, control] = createSpotlight();

export const openPalette = (): void => control.open();

/** ⌘K / Ctrl-K: pages, sources, actions, and customers from two characters on. */
export function Palette({ onHelp }: { onHelp: () => void }) {
  const [query, setQuery] = useState("");
  const list = useRef<HTMLDivElement>(null);
  const known = matching(usePaletteGroups({ onHelp }), query);
  const found = useFoundCustomers(query);
  const customers = useCustomerActions(found, query);
  const groups = customers.length === 0 ? known : [...known, { label: words.pages.customers, actions: customers }];
  const first = groups[0]?.actions[0]?.id;
  useEffect(() => {
    if (query !== "") selectFirst(list.current);
  }, [query, first]);
  const enter = useEnter(!found.isPending, () => list.current?.querySelector<HTMLElement>("[data-action]")?.click());
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Enter" && !event.nativeEvent.isComposing && groups.length === 0) enter.press();
  };
  return (
    <Spotlight.Root
      store={store}
      query={query}
      onQueryChange={(next) => (enter.forget(), setQuery(next))}
      shortcut="mod + K"
      // From a field and from the editor too: it is no letter of theirs.
      tagsToIgnore={[]}
      triggerOnContentEditable
      attributes={{ content: { "aria-label": text.searchLabel } }}
    >
      <Spotlight.Search
        leftSection={<IconSearch size={18} />}
        placeholder={text.search}
        aria-label={text.searchLabel}
        maxLength={200}
        onKeyDown={onKeyDown}
      />
      {groups.length > 0 && (
        <Spotlight.ActionsList ref={list}>
          {groups.map((group) => (
            <Group key={group.label} group={group} />
          ))}
        </Spotlight.ActionsList>
      )}
      <Told found={found} isEmpty={groups.length === 0} />
    </Spotlight.Root>
  );
}

function Group({ group: { label, actions } }: { group: PaletteGroup }) {
  return (
    <Spotlight.ActionsGroup label={label}>
      {actions.map(({ id, label, description, icon, run }) => (
        <Spotlight.Action key={id} label={label} description={description ?? ""} leftSection={icon} onClick={run} />
      ))}
    </Spotlight.ActionsGroup>
  );
}

/** What the list does not show: that customers are being looked for, were not found, or could not be. */
function Told({ found, isEmpty }: { found: FoundCustomers; isEmpty: boolean }) {
  const told =
    found.error !== null
      ? text.customersFailed(found.error.message)
      : found.isPending
        ? text.findingCustomers
        : isEmpty
          ? text.nothingFound
          : null;
  return (
    <div role="status">
      {told !== null && <p className="paletteTold">{told}</p>}
      {found.items.length > 0 && <span className="visuallyHidden">{text.foundCustomers(found.items.length)}</span>}
    </div>
  );
}

function useCustomerActions({ items, hasMore }: FoundCustomers, query: string): PaletteAction[] {
  const navigate = useNavigate();
  const actions = items.map((item) => ({
    id: `customer ${item.id}`,
    label: labelOf(item),
    description: aboutOf(item),
    icon: <IconUser size={18} />,
    run: () => void navigate(`/customers/${item.id}`),
  }));
  if (!hasMore) return actions;
  const all = {
    id: "all-customers",
    label: text.allFound(query.trim()),
    icon: <IconUsers size={18} />,
    run: () => void navigate({ pathname: "/customers", ...addressOf({ ...readView("", ""), q: query.trim() }) }),
  };
  return [...actions, all];
}

function labelOf({ displayName, id }: FoundCustomer): string {
  const { type, text: name } = nameText(displayName ?? id);
  return type === null ? name : `${type} ${name}`;
}

/** What tells people of one name apart: where they live, what they were found on, what they spent, when they were seen. */
function aboutOf(item: FoundCustomer): string {
  const matched = matchTexts(item).map(({ field, value, how }) =>
    [field, value, how === null ? null : `(${how})`].filter((part) => part !== null).join(" "),
  );
  const spent = item.revenue === undefined || item.revenue.amount === 0 ? null : moneyText(item.revenue);
  const seen = item.lastSeenAt == null ? null : relativeTime(Date.parse(item.lastSeenAt), Date.now());
  return [item.city ?? null, ...matched, spent, seen].filter((part) => part !== null).join(" · ");
}

/** Spotlight selects when a key is pressed; what comes later, it does not. */
function selectFirst(list: HTMLElement | null): void {
  if (list === null || list.querySelector("[data-selected]") !== null) return;
  list.querySelector("[data-action]")?.setAttribute("data-selected", "true");
  store.updateState((state) => ({ ...state, selected: 0 }));
}
