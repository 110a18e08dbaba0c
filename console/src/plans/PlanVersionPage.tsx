import { Button } from "@mantine/core";
import { Link, useNavigate } from "react-router";
import { ApiProblem } from "../api/problem.ts";
import { useKeptDraft } from "../parts/keptDraft.ts";
import { PageHead } from "../parts/PageHead.tsx";
import { PanelStates } from "../parts/Panel.tsx";
import { VersionView } from "../parts/VersionView.tsx";
import { words } from "../words/words.ts";
import { type PlanVersion, usePlanVersion } from "./planQueries.ts";
import { draftPlace, takeAsDraft } from "./usePlanDraft.ts";

const text = words.plans;
const reservedHeight = 480;

interface VersionPageProps {
  /** As the address has it. */
  version: string;
  name: string;
  current: PlanVersion;
}

/** What an earlier version said, and the way back to it. */
export function PlanVersionPage({ version, name, current }: VersionPageProps) {
  const number = /^[1-9]\d{0,8}$/.test(version) ? Number(version) : null;
  if (number === null) return <Missing version={version} source={current.source} />;
  return <Version key={number} number={number} name={name} current={current} />;
}

function Missing({ version, source }: { version: string; source: string }) {
  return (
    <>
      <PageHead title={words.document.missingTitle} lead={text.missing(version)} />
      <Button component={Link} to={`/sources/${source}/plan`} variant="default" h="var(--c360-target)">
        {text.toPlan}
      </Button>
    </>
  );
}

function Version({ number, name, current }: { number: number; name: string; current: PlanVersion }) {
  const { source } = current;
  const navigate = useNavigate();
  const draft = useKeptDraft(draftPlace(source));
  const version = usePlanVersion(source, number);
  const title = text.versionTitle(number, name);
  if (version.error instanceof ApiProblem && version.error.status === 404) {
    return <Missing version={String(number)} source={source} />;
  }
  return (
    <>
      {version.data === undefined && <PageHead title={title} />}
      <PanelStates query={version} height={reservedHeight}>
        {(shown) => (
          <VersionView
            title={title}
            version={{ ...shown, number: shown.version }}
            current={{ number: current.version, document: current.document }}
            hasDraft={draft !== null}
            onTake={(document) => {
              takeAsDraft(source, document, current.version);
              void navigate(`/sources/${source}/plan/draft`);
            }}
            none={<p className="planWhat">{text.versionNone}</p>}
          />
        )}
      </PanelStates>
    </>
  );
}
