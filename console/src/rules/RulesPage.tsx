import { Button } from "@mantine/core";
import { useState } from "react";
import { useParams, useSearchParams } from "react-router";
import { ChangesPanel } from "../parts/ChangesPanel.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { PanelStates } from "../parts/Panel.tsx";
import { PanelsComing } from "../parts/PanelsComing.tsx";
import { PublishedBy } from "../parts/PublishedBy.tsx";
import { words } from "../words/words.ts";
import { DraftPanel } from "./DraftPanel.tsx";
import { EffectPanel } from "./EffectPanel.tsx";
import { PublishRules, type Published } from "./PublishRules.tsx";
import { type RulesList, type RulesVersion, useDryRun, useRules } from "./rulesQueries.ts";
import { useDraft } from "./useDraft.ts";
import { VersionPage } from "./VersionPage.tsx";
import { RulesVersions } from "./RulesVersions.tsx";
import "../parts/document.css";
import "./rules.css";

const text = words.rules;
const documentHeight = 720;
const sideHeights = [56, 56, 72];

/** What would a change do? */
export function RulesPage() {
  const { version } = useParams();
  return version === undefined ? <Rules /> : <VersionPage key={version} version={version} />;
}

function Rules() {
  const rules = useRules();
  return (
    <>
      {rules.data === undefined && <PageHead title={words.pages.rules} />}
      <PanelStates query={rules} height={0} waiting={<Coming />}>
        {(list) => <Workbench list={list} />}
      </PanelStates>
    </>
  );
}

/** The panels, their contents still to come. */
function Coming() {
  return <PanelsComing grid="documentGrid" side="documentSide" main={documentHeight} sides={sideHeights} />;
}

function Workbench({ list }: { list: RulesList }) {
  const { current, applying } = list;
  const draft = useDraft(current);
  const [search, setSearch] = useSearchParams();
  const dryRun = useDryRun(search.get("run"), (run) => setSearch({ run }, { replace: true }));
  const [isPublishing, setPublishing] = useState(false);
  const [published, setPublished] = useState<Published | null>(null);
  const { document } = draft.parsed;
  const hasChanges = document !== null && draft.changes.length > 0;
  const isUpToDate =
    dryRun.preview?.against === current.number &&
    JSON.stringify(dryRun.preview.changes) === JSON.stringify(draft.changes);
  const isRunning = dryRun.isAsking || dryRun.preview?.status === "running";
  const actions = (
    <>
      <Button variant="default" h="var(--c360-target)" disabled={!hasChanges} onClick={() => setPublishing(true)}>
        {words.document.publish}
      </Button>
      <Button
        h="var(--c360-target)"
        disabled={!hasChanges || isRunning}
        onClick={() => document !== null && dryRun.begin(document)}
      >
        {text.tryOut}
      </Button>
    </>
  );
  return (
    <>
      <PageHead title={words.pages.rules} lead={<Lead current={current} />} actions={actions} />
      <div role="status">
        {applying !== null && <p className="documentNote">{text.applying(applying.number)}</p>}
        {published !== null && <p className="documentNote">{publishedText(published)}</p>}
      </div>
      <div className="documentGrid">
        <DraftPanel draft={draft} isDraft={hasChanges || document === null} />
        <div className="documentSide">
          <ChangesPanel
            changes={draft.changes}
            basedOn={draft.basedOn}
            current={current.number}
            noChanges={text.noChanges}
            onRebase={draft.rebase}
          />
          <EffectPanel dryRun={dryRun} isUpToDate={isUpToDate} hasChanges={hasChanges} />
          <RulesVersions list={list} />
        </div>
      </div>
      <PublishRules
        isOpen={isPublishing}
        onClose={() => setPublishing(false)}
        draft={draft}
        number={current.number + 1}
        effect={isUpToDate ? (dryRun.preview?.effect ?? null) : null}
        onPublished={(done) => {
          setPublished(done);
          setSearch({}, { replace: true });
        }}
      />
    </>
  );
}

function publishedText({ number, decided }: Published): string {
  return decided ? text.publishedDone(number) : text.publishedSoon(number);
}

/** Since when what holds, and by whom. */
function Lead({ current }: { current: RulesVersion }) {
  if (current.by === null) return <>{text.defaults}</>;
  return (
    <>
      {text.lead(current.number)} <PublishedBy version={current} />
    </>
  );
}
