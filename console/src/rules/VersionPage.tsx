import { Anchor, Button } from "@mantine/core";
import { Link, useNavigate } from "react-router";
import { ApiProblem } from "../api/problem.ts";
import { PageHead } from "../parts/PageHead.tsx";
import { useKeptDraft } from "../parts/keptDraft.ts";
import { PanelStates } from "../parts/Panel.tsx";
import { VersionView } from "../parts/VersionView.tsx";
import { words } from "../words/words.ts";
import { type RulesVersion, useRules, useRulesVersion } from "./rulesQueries.ts";
import { draftPlace, takeAsDraft } from "./useDraft.ts";

const text = words.rules;
const reservedHeight = 480;

/** What an earlier version said, and the way back to it. */
export function VersionPage({ version }: { version: string }) {
  const number = /^\d{1,9}$/.test(version) ? Number(version) : 0;
  return (
    <>
      <Anchor component={Link} to="/rules" size="sm" className="backLink">
        ← {text.all}
      </Anchor>
      {number === 0 ? <Missing version={version} /> : <Version number={number} />}
    </>
  );
}

function Missing({ version }: { version: string }) {
  return (
    <>
      <PageHead title={words.document.missingTitle} lead={text.missing(version)} />
      <Button component={Link} to="/rules" variant="default" h="var(--c360-target)">
        {text.toHolding}
      </Button>
    </>
  );
}

function Version({ number }: { number: number }) {
  const version = useRulesVersion(number);
  const rules = useRules();
  const both = {
    data: version.data === undefined || rules.data === undefined ? undefined : [version.data, rules.data.current],
    error: version.error ?? rules.error,
    isPending: version.isPending || rules.isPending,
    refetch: () => Promise.all([version.refetch(), rules.refetch()]),
  };
  if (version.error instanceof ApiProblem && version.error.status === 404) return <Missing version={String(number)} />;
  return (
    <>
      {both.data === undefined && <PageHead title={text.versionTitle(number)} />}
      <PanelStates query={both} height={reservedHeight}>
        {([shown, current]) =>
          shown === undefined || current === undefined ? null : <Shown version={shown} current={current} />
        }
      </PanelStates>
    </>
  );
}

function Shown({ version, current }: { version: RulesVersion; current: RulesVersion }) {
  const navigate = useNavigate();
  const draft = useKeptDraft(draftPlace);
  return (
    <VersionView
      title={text.versionTitle(version.number)}
      version={version}
      current={current}
      hasDraft={draft !== null}
      onTake={(document) => {
        takeAsDraft(document, current.number);
        void navigate("/rules");
      }}
    />
  );
}
