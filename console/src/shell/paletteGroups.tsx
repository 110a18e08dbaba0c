import type { ReactNode } from "react";
import { IconKeyboard, IconLogout, IconPlus } from "@tabler/icons-react";
import { useNavigate } from "react-router";
import { SourceMark } from "../parts/SourceMark.tsx";
import { newDraftId } from "../query/drafts.ts";
import { signOut } from "../session/session.ts";
import { useSources } from "../sources/sourceQueries.ts";
import { words } from "../words/words.ts";
import { railPages } from "./pages.ts";

export interface PaletteAction {
  id: string;
  label: string;
  description?: string;
  icon: ReactNode;
  run: () => void;
}

export interface PaletteGroup {
  label: string;
  actions: PaletteAction[];
}

const sourcesEveryMs = 60_000;

/** Pages, sources and actions: what the console knows without asking. */
export function usePaletteGroups({ onHelp }: { onHelp: () => void }): PaletteGroup[] {
  const navigate = useNavigate();
  const sources = useSources({ everyMs: sourcesEveryMs }).data ?? [];
  return [
    {
      label: words.shell.pagesGroup,
      actions: railPages.map(({ path, label, icon: Icon }) => ({
        id: path,
        label,
        icon: <Icon size={18} stroke={1.75} />,
        run: () => void navigate(path),
      })),
    },
    {
      label: words.pages.sources,
      actions: sources.map(({ id, name, kind }) => ({
        id: `source ${id}`,
        label: name,
        ...(id === name ? {} : { description: id }),
        icon: <SourceMark kind={kind} iconOnly />,
        run: () => void navigate(`/sources/${id}`),
      })),
    },
    {
      label: words.shell.actions,
      actions: [
        {
          id: "new-query",
          label: words.query.new,
          icon: <IconPlus size={18} />,
          run: () => void navigate(`/query/${newDraftId()}`),
        },
        { id: "help", label: words.shell.shortcuts, icon: <IconKeyboard size={18} />, run: onHelp },
        { id: "sign-out", label: words.shell.signOut, icon: <IconLogout size={18} />, run: signOut },
      ],
    },
  ];
}

/** Groups with what has the words in its name or description; empty groups are left out. */
export function matching(groups: readonly PaletteGroup[], query: string): PaletteGroup[] {
  const wanted = query.trim().toLowerCase();
  const fits = ({ label, description = "" }: PaletteAction): boolean =>
    label.toLowerCase().includes(wanted) || description.toLowerCase().includes(wanted);
  return groups
    .map(({ label, actions }) => ({ label, actions: actions.filter(fits) }))
    .filter(({ actions }) => actions.length > 0);
}
