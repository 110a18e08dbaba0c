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
  const [search, setSearch] = useSearchParams();
  const [refused, setRefused] = useState<Refused | null>(null);
  const draft = usePlanDraft(current, refused);
  const asked = latestChoices.find((each) => String(each) === search.get("check")) ?? null;
  const [checked, setChecked] = useState(() => (asked === null ? null : compact(draft.document)));
  const holds = holding === null ? 0 : version;
  const check = useCheck(source, { json: checked, holds, latest: asked ?? latestChoices[0] });
  const isUpToDate = checked !== null && checked === compact(draft.document);
  if (check.error !== null && isUpToDate && refused?.error !== check.error) {
    setRefused({ text: draft.text, error: check.error });
  }
  const [isPublishing, setPublishing] = useState(false);
  const isStarting = holding === null && !draft.isKept;
  const onCheck = (latest: number): void => {
    setSearch({ check: String(latest) }, { replace: true, preventScrollReset: true });
    if (isUpToDate && check.error !== null) void check.refetch();
    setChecked(compact(draft.document));
  };
  const actions = isStarting ? undefined : (
    <>
      <Button variant="default" h="var(--c360-target)" disabled={!draft.isChanged} onClick={() => setPublishing(true)}>
        {words.document.publish}
      </Button>
      <Button
        h="var(--c360-target)"
        disabled={draft.document === null}
        loading={check.isFetching}
        onClick={() => onCheck(asked ?? latestChoices[0])}
      >
        {text.check}
      </Button>
    </>
  );
  const title = holding === null ? text.draftTitle(name) : text.changeTitle(name);
  const lead =
    holding === null ? (
      text.what
    ) : (
      <>
        {text.holds(version)} <PublishedBy version={current} />
      </>
    );
  return (
    <>
      <PageHead title={title} lead={lead} {...(actions === undefined ? {} : { actions })} />
      {isStarting ? (
        <StartPanel source={source} onStart={draft.setDocument} />
      ) : (
        <div className="documentGrid">
          <PlanEditor draft={draft} />
          <div className="documentSide">
            <CheckPanel
              source={source}
              check={check}
              isAsked={checked !== null}
              isUpToDate={isUpToDate}
              holds={holds}
              latest={asked ?? latestChoices[0]}
              onLatest={onCheck}
            />
            {holding !== null && (
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
        checked={isUpToDate ? (check.data?.draft ?? null) : null}
        onRefused={(error) => setRefused({ text: draft.text, error })}
        onPublished={() => {
          draft.discard();
          void navigate(`/sources/${source}/plan`);
        }}
      />
    </>
  );
}

/** The same for documents that say the same in the same order. */
function compact(document: object | null): string | null {
  return document === null ? null : JSON.stringify(document);
}
