import { Button } from "@mantine/core";
import { words } from "../words/words.ts";
import { ChangesTable } from "./ChangesTable.tsx";
import type { Change } from "./documentChanges.ts";
import { Panel } from "./Panel.tsx";
import { settled } from "./settled.ts";

const text = words.document;

interface ChangesProps {
  /** From the version that holds. */
  changes: readonly Change[];
  /** Of the draft. */
  basedOn: number;
  /** That holds. */
  current: number;
  /** Why there is none, and what to do. */
  noChanges: string;
  /** The same document, as a draft of the version that holds. */
  onRebase: () => void;
}

/** What the draft says otherwise than what holds. */
export function ChangesPanel({ changes, basedOn, current, noChanges, onRebase }: ChangesProps) {
  const isBehind = basedOn !== current;
  return (
    <Panel
      title={text.changesTitle(current)}
      query={settled(changes)}
      height={0}
      isEmpty={(all) => all.length === 0 && !isBehind}
      empty={<p className="dimmed">{noChanges}</p>}
    >
      {(all) => (
        <>
          {isBehind && (
            <div className="draftBehind" role="alert">
              <p>{text.behind(basedOn, current)}</p>
              <Button variant="default" size="xs" h="var(--c360-target)" onClick={onRebase}>
                {text.rebase(current)}
              </Button>
            </div>
          )}
          {all.length > 0 && <ChangesTable changes={all} />}
        </>
      )}
    </Panel>
  );
}
