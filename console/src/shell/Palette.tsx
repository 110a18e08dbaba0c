import { Spotlight, type SpotlightActionGroupData, spotlight } from "@mantine/spotlight";
import { IconKeyboard, IconLogout, IconSearch } from "@tabler/icons-react";
import { useNavigate } from "react-router";
import { signOut } from "../session/session.ts";
import { words } from "../words/words.ts";
import { railPages } from "./pages.ts";

export const openPalette = (): void => spotlight.open();

/** ⌘K / Ctrl-K: pages and actions. */
export function Palette({ onHelp }: { onHelp: () => void }) {
  const navigate = useNavigate();
  const groups: SpotlightActionGroupData[] = [
    {
      group: words.shell.pagesGroup,
      actions: railPages.map(({ path, label, icon: Icon }) => ({
        id: path,
        label,
        leftSection: <Icon size={18} stroke={1.75} />,
        onClick: () => void navigate(path),
      })),
    },
    {
      group: words.shell.actions,
      actions: [
        { id: "help", label: words.shell.shortcuts, leftSection: <IconKeyboard size={18} />, onClick: onHelp },
        { id: "sign-out", label: words.shell.signOut, leftSection: <IconLogout size={18} />, onClick: signOut },
      ],
    },
  ];
  return (
    <Spotlight
      actions={groups}
      shortcut="mod + K"
      nothingFound={words.shell.nothingFound}
      searchProps={{
        leftSection: <IconSearch size={18} />,
        placeholder: words.shell.search,
        "aria-label": words.shell.searchLabel,
      }}
    />
  );
}
