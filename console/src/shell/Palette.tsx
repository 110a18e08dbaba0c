import { Spotlight, type SpotlightActionGroupData, spotlight } from "@mantine/spotlight";
import { IconKeyboard, IconLogout, IconPlus, IconSearch } from "@tabler/icons-react";
import { useNavigate } from "react-router";
import { SourceMark } from "../parts/SourceMark.tsx";
import { newDraftId } from "../query/drafts.ts";
import { signOut } from "../session/session.ts";
import { useSources } from "../sources/sourceQueries.ts";
import { words } from "../words/words.ts";
import { railPages } from "./pages.ts";

export const openPalette = (): void => spotlight.open();

const sourcesEveryMs = 60_000;

/** ⌘K / Ctrl-K: pages, sources and actions. */
export function Palette({ onHelp }: { onHelp: () => void }) {
  const navigate = useNavigate();
  const sources = useSources({ everyMs: sourcesEveryMs }).data ?? [];
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
      group: words.pages.sources,
      actions: sources.map(({ id, name, kind }) => ({
        id: `source ${id}`,
        label: name,
        description: id === name ? "" : id,
        leftSection: <SourceMark kind={kind} iconOnly />,
        onClick: () => void navigate(`/sources/${id}`),
      })),
    },
    {
      group: words.shell.actions,
      actions: [
        {
          id: "new-query",
          label: words.query.new,
          leftSection: <IconPlus size={18} />,
          onClick: () => void navigate(`/query/${newDraftId()}`),
        },
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
