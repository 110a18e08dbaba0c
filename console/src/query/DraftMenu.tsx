import { Button, Menu } from "@mantine/core";
import { IconChevronDown, IconPlus, IconTrash } from "@tabler/icons-react";
import { useNavigate } from "react-router";
import { words } from "../words/words.ts";
import { deleteDraft, type Draft, draftName, newDraftId } from "./drafts.ts";

const text = words.query;
const shownDrafts = 15;

/** What was written before, and a new query. */
export function DraftMenu({ id, drafts }: { id: string; drafts: readonly Draft[] }) {
  const navigate = useNavigate();
  const open = (target: string): void => void navigate(`/query/${target}`);
  return (
    <>
      <Menu position="bottom-end" width={320} withinPortal={false} withInitialFocusPlaceholder={false}>
        <Menu.Target>
          <Button variant="default" h="var(--c360-target)" rightSection={<IconChevronDown size={14} />}>
            {text.drafts}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label c="dimmed">{text.draftsSaved}</Menu.Label>
          {drafts.slice(0, shownDrafts).map((draft) => (
            <Menu.Item
              key={draft.id}
              onClick={() => open(draft.id)}
              aria-current={draft.id === id ? "page" : undefined}
            >
              <span className="draftName mono">{draftName(draft) || text.untitled}</span>
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item
            leftSection={<IconTrash size={16} />}
            disabled={drafts.every((draft) => draft.id !== id)}
            onClick={() => {
              deleteDraft(id);
              open(drafts.find((draft) => draft.id !== id)?.id ?? newDraftId());
            }}
          >
            {text.deleteDraft}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Button
        variant="default"
        h="var(--c360-target)"
        leftSection={<IconPlus size={16} />}
        onClick={() => open(newDraftId())}
      >
        {text.new}
      </Button>
    </>
  );
}
