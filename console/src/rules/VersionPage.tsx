import { Anchor, Button } from "@mantine/core";
import { Link, useNavigate } from "react-router";
import { ApiProblem } from "../api/problem.ts";
import { PageHead } from "../parts/PageHead.tsx";
import { Panel, PanelStates } from "../parts/Panel.tsx";
import { Time } from "../parts/Time.tsx";
import { words } from "../words/words.ts";
import { changesBetween } from "./changes.ts";
import { ChangesTable } from "./ChangesTable.tsx";
import { writeDocument } from "./document.ts";
import { useKeptDraft } from "./draft.ts";
import { type RulesVersion, useRules, useRulesVersion } from "./rulesQueries.ts";
import { takeAsDraft } from "./useDraft.ts";

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
      <PageHead title={text.missingTitle} lead={text.missing(version)} />
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
  const draft = useKeptDraft();
  const { number, by, reason, publishedAt, document } = version;
  const holds = number === current.number;
  const take = (): void => {
    takeAsDraft(document, current.number);
    void navigate("/rules");
  };
  const lead = (
    <>
      {by === null ? null : (
        <>
          {text.since} <Time at={publishedAt} /> {text.byWhom(by)}:{" "}
        </>
      )}
      {reason} {holds && text.versionHolds}
    </>
  );
  const button = holds ? undefined : (
    <Button h="var(--c360-target)" onClick={take}>
      {text.takeAsDraft}
    </Button>
  );
  return (
    <>
      <PageHead title={text.versionTitle(number)} lead={lead} {...(button === undefined ? {} : { actions: button })} />
      {!holds && draft !== null && <p className="rulesNote">{text.replaceDraft}</p>}
      <div className="rulesStack">
        {!holds && <Differences version={version} current={current} />}
        <Panel title={text.documentTitle} query={settled(document)} height={0}>
          {(shown) => (
            <pre className="rulesDocument" tabIndex={0}>
              {writeDocument(shown)}
            </pre>
          )}
        </Panel>
      </div>
    </>
  );
}

function Differences({ version, current }: { version: RulesVersion; current: RulesVersion }) {
  return (
    <Panel
      title={text.differsFrom(current.number)}
      query={settled(changesBetween(current.document, version.document))}
      height={0}
      isEmpty={(changes) => changes.length === 0}
      empty={<p className="dimmed">{text.sameAs}</p>}
    >
      {(changes) => <ChangesTable changes={changes} />}
    </Panel>
  );
}

function settled<Data>(data: Data) {
  return { data, error: null, isPending: false, refetch: () => undefined };
}
