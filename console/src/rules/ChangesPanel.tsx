import { Button } from "@mantine/core";
import { Panel } from "../parts/Panel.tsx";
import { words } from "../words/words.ts";
import { ChangesTable } from "./ChangesTable.tsx";
import type { RulesDraft } from "./useDraft.ts";

const text = words.rules;

/** What the draft says otherwise than what holds. */
export function ChangesPanel({ draft, current }: { draft: RulesDraft; current: number }) {
  const settled = { data: draft.changes, error: null, isPending: false, refetch: () => undefined };
  const isBehind = draft.basedOn !== current;
  return (
    <Panel
      title={text.changesTitle(current)}
      query={settled}
      height={0}
      isEmpty={(changes) => changes.length === 0 && !isBehind}
      empty={<p className="dimmed">{text.noChanges}</p>}
    >
      {(changes) => (
        <>
          {isBehind && (
            <div className="rulesBehind" role="alert">
              <p>{text.behind(draft.basedOn, current)}</p>
              <Button variant="default" size="xs" h="var(--c360-target)" onClick={draft.rebase}>
                {text.rebase(current)}
              </Button>
            </div>
          )}
          {changes.length > 0 && <ChangesTable changes={changes} />}
        </>
      )}
    </Panel>
  );
}
