import { Button } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";
import { useKeptDraft } from "../parts/keptDraft.ts";
import { NextPage } from "../parts/NextPage.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { PublishedBy } from "../parts/PublishedBy.tsx";
import { VersionsPanel } from "../parts/VersionsPanel.tsx";
import { words } from "../words/words.ts";
import { PlanFactsPanel } from "./PlanFactsPanel.tsx";
import { type PlanVersion, usePlanVersions } from "./planQueries.ts";
import { RemoveDialog } from "./RemoveDialog.tsx";
import { draftPlace } from "./usePlanDraft.ts";
import { ViolationsPanel } from "./ViolationsPanel.tsx";

const text = words.plans;
const versionsHeight = 72;

/** Does the source keep to its plan? */
export function PlanOverview({ name, current }: { name: string; current: PlanVersion }) {
  const { source, version, document } = current;
  const draft = useKeptDraft(draftPlace(source));
  const [isRemoving, setRemoving] = useState(false);
  const toDraft = document === null ? text.write : text.change;
  const actions = (
    <>
      {document !== null && (
        <Button variant="default" h="var(--c360-target)" onClick={() => setRemoving(true)}>
          {text.remove}
        </Button>
      )}
      <Button component={Link} to={`/sources/${source}/plan/draft`} h="var(--c360-target)">
        {draft === null ? toDraft : text.goOn}
      </Button>
    </>
  );
  return (
    <>
      <PageHead title={text.title(name)} lead={<Lead current={current} />} actions={actions} />
      <div className="documentStack">
        {document === null ? (
          <div className="panel">
            <p className="planWhat">{text.what}</p>
          </div>
        ) : (
          <PlanFactsPanel document={document} />
        )}
        {version > 0 && <ViolationsPanel source={source} document={document} />}
        {version > 0 && <Versions source={source} />}
      </div>
      <RemoveDialog
        isOpen={isRemoving}
        onClose={() => setRemoving(false)}
        source={source}
        name={name}
        version={version}
      />
    </>
  );
}

function Lead({ current }: { current: PlanVersion }) {
  const { version, document } = current;
  if (version === 0) return <>{text.none}</>;
  return (
    <>
      {document === null ? `${text.none} ${text.taken}` : text.holds(version)} <PublishedBy version={current} />
    </>
  );
}

function Versions({ source }: { source: string }) {
  const versions = usePlanVersions(source);
  const rows = versions.data?.pages
    .flatMap(({ items }) => items)
    .map(({ version, hasPlan, reason, ...head }) => ({
      ...head,
      number: version,
      reason: reason ?? (hasPlan ? null : text.removedBy),
      to: `/sources/${source}/plan/versions/${version}`,
    }));
  return (
    <VersionsPanel
      title={text.versionsTitle}
      query={{ ...versions, data: rows }}
      height={versionsHeight}
      older={<NextPage query={versions} label={words.document.older} />}
    />
  );
}
