import { Button } from "@mantine/core";
import { useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { ChangesPanel } from "../parts/ChangesPanel.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { PublishedBy } from "../parts/PublishedBy.tsx";
import { words } from "../words/words.ts";
import { CheckPanel, latestChoices } from "./CheckPanel.tsx";
import { PlanEditor } from "./PlanEditor.tsx";
import { type PlanVersion, useCheck } from "./planQueries.ts";
import { PublishPlan } from "./PublishPlan.tsx";
import { StartPanel } from "./StartPanel.tsx";
import { type Refused, usePlanDraft } from "./usePlanDraft.ts";

const text = words.plans;

/** What would a change do? The address holds that it was checked, and on how many calls. */
export function DraftPage({ name, current }: { name: string; current: PlanVersion }) {
  const { source, version, document: holding } = current;
  const navigate = useNavigate();
  const [refused, setRefused] = useState<Refused | null>(null);
  const draft = usePlanDraft(current, refused);
  const checking = useChecking(current, draft, { refused, setRefused });
  const [isPublishing, setPublishing] = useState(false);
  const isStarting = holding === null && !draft.isKept;
  const title = holding === null ? text.draftTitle(name) : text.changeTitle(name);
  const lead =
    holding === null ? (
      text.what
    ) : (
      <>
        {text.holds(version)} <PublishedBy version={current} />
      </>
    );
  const actions = isStarting
    ? {}
    : { actions: <DraftActions draft={draft} checking={checking} onPublish={() => setPublishing(true)} /> };
  return (
    <>
      <PageHead title={title} lead={lead} {...actions} />
      {isStarting ? (
        <StartPanel source={source} onStart={draft.setDocument} />
      ) : (
        <div className="documentGrid">
          <PlanEditor draft={draft} />
          <div className="documentSide">
            <CheckPanel source={source} isMarked={draft.faults.length > 0} {...checking} />
            {(holding !== null || draft.basedOn !== version) && (
              <ChangesPanel
                changes={draft.changes}
                basedOn={draft.basedOn}
                current={version}
                noChanges={draft.isChanged ? text.onlyOrder : text.noChanges}
                onRebase={draft.rebase}
              />
            )}
          </div>
        </div>
      )}
      <PublishPlan
        isOpen={isPublishing}
        onClose={() => setPublishing(false)}
        current={current}
        draft={draft}
        checked={checking.isUpToDate ? (checking.check.data?.draft ?? null) : null}
        onRefused={(error) => setRefused({ text: draft.text, error })}
        onPublished={() => {
          draft.discard();
          void navigate(`/sources/${source}/plan`);
        }}
      />
    </>
  );
}

type Draft = ReturnType<typeof usePlanDraft>;

function useChecking(
  { source, version, document: holding }: PlanVersion,
  draft: Draft,
  { refused, setRefused }: { refused: Refused | null; setRefused: (refused: Refused) => void },
) {
  const [search, setSearch] = useSearchParams();
  const asked = latestChoices.find((each) => String(each) === search.get("check")) ?? null;
  const [checked, setChecked] = useState(() => (asked === null ? null : compact(draft.document)));
  const holds = holding === null ? 0 : version;
  const latest = asked ?? latestChoices[0];
  const check = useCheck(source, { json: checked, holds, latest });
  const isUpToDate = checked !== null && checked === compact(draft.document);
  if (check.error !== null && isUpToDate && refused?.error !== check.error) {
    setRefused({ text: draft.text, error: check.error });
  }
  const onLatest = (calls: number): void => {
    setSearch({ check: String(calls) }, { replace: true, preventScrollReset: true });
    // The same draft again: of what came since.
    if (isUpToDate && calls === latest) void check.refetch();
    if (draft.document !== null) setChecked(compact(draft.document));
  };
  return { check, isAsked: checked !== null, isUpToDate, holds, latest, onLatest };
}

interface DraftActionsProps {
  draft: Draft;
  checking: ReturnType<typeof useChecking>;
  onPublish: () => void;
}

function DraftActions({ draft, checking, onPublish }: DraftActionsProps) {
  return (
    <>
      <Button variant="default" h="var(--c360-target)" disabled={!draft.isChanged} onClick={onPublish}>
        {words.document.publish}
      </Button>
      <Button
        h="var(--c360-target)"
        disabled={draft.document === null}
        loading={checking.check.isFetching}
        onClick={() => checking.onLatest(checking.latest)}
      >
        {text.check}
      </Button>
    </>
  );
}

/** The same for documents that say the same in the same order. */
function compact(document: object | null): string | null {
  return document === null ? null : JSON.stringify(document);
}
