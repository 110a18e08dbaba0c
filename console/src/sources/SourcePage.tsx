import { Anchor, Button } from "@mantine/core";
import { useState } from "react";
import { Link, useParams } from "react-router";
import { CopyId } from "../parts/CopyId.tsx";
import { countText } from "../parts/countText.ts";
import { Fact } from "../parts/Fact.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { Panel, PanelStates } from "../parts/Panel.tsx";
import { PanelStackComing } from "../parts/PanelsComing.tsx";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { SourceMark } from "../parts/SourceMark.tsx";
import { Time } from "../parts/Time.tsx";
import { PlanSummary } from "../plans/PlanSummary.tsx";
import { words } from "../words/words.ts";
import { ConfirmChange } from "./ConfirmChange.tsx";
import { FirstEvent } from "./FirstEvent.tsx";
import { LatestEvents } from "./LatestEvents.tsx";
import { RateLimit } from "./RateLimit.tsx";
import { Snippets } from "./Snippets.tsx";
import { type SourceWithHealth, stateOf } from "./sourceHealth.ts";
import { useRotateKey, useChangeSource, useSources } from "./sourceQueries.ts";
import { useShownKey } from "./shownKeys.ts";
import { StateWord } from "./StateWord.tsx";
import "../parts/table.css";
import "./sources.css";

const text = words.sources;
const panelsComing = [
  { height: 204 },
  { height: 204 },
  { height: 108, place: "wide" },
  { height: 260, place: "wide" },
  { height: 180, place: "wide" },
];
const reservedHeight = 1_068;

/** One source: does it work, and how does something send to it? */
export function SourcePage() {
  const { id = "" } = useParams();
  const sources = useSources();
  return (
    <>
      <Anchor component={Link} to="/sources" size="sm" className="backLink">
        ← {text.all}
      </Anchor>
      {sources.data === undefined && <PageHead title={id} />}
      <PanelStates
        query={sources}
        height={reservedHeight}
        waiting={<PanelStackComing className="sourceGrid" panels={panelsComing} />}
      >
        {(items) => {
          const source = items.find((each) => each.id === id);
          return source === undefined ? <NoSource id={id} /> : <Source key={id} source={source} />;
        }}
      </PanelStates>
    </>
  );
}

function NoSource({ id }: { id: string }) {
  return <PageHead title={text.missingTitle} lead={text.missing(id)} />;
}

function Source({ source }: { source: SourceWithHealth }) {
  const lead = (
    <span style={{ display: "inline-flex", gap: 12, alignItems: "center", flexWrap: "wrap" }}>
      <SourceMark kind={source.kind} />
      <CopyId id={source.id} what="source id" />
      <StateWord state={stateOf(source, Date.now())} />
    </span>
  );
  return (
    <>
      <PageHead title={source.name} lead={lead} actions={<EnableButton source={source} />} />
      <FirstEvent source={source} />
      <div className="sourceGrid">
        <Health source={source} />
        <div className="sourceSide">
          <WriteKey source={source} />
          <RateLimit id={source.id} limit={source.maxEventsPerSecond} />
        </div>
        <div className="wide">
          <PlanSummary source={source.id} />
        </div>
        <div className="wide">
          <Snippets id={source.id} hasSent={source.health.lastEventAt !== null} />
        </div>
        <div className="wide">
          <LatestEvents id={source.id} />
        </div>
      </div>
    </>
  );
}

function Health({ source: { health, createdAt } }: { source: SourceWithHealth }) {
  const { last24Hours } = health;
  const settled = { data: health, error: null, isPending: false, refetch: () => undefined };
  return (
    <Panel title={text.healthTitle} query={settled} height={0}>
      {() => (
        <dl className="facts numbers">
          <Fact label={text.health.last}>
            <Time at={health.lastEventAt} />
          </Fact>
          <Fact label={text.health.fiveMinutes}>{countText(health.last5Minutes.accepted)}</Fact>
          <Fact label={text.health.day}>{countText(last24Hours.accepted)}</Fact>
          <Fact label={text.health.refused}>
            {last24Hours.rejected === null ? text.unknown : countText(last24Hours.rejected)}
          </Fact>
          <Fact label={text.health.created}>
            <Time at={createdAt} />
          </Fact>
          <Fact label={text.health.asOf}>
            <Time at={health.asOf} />
          </Fact>
        </dl>
      )}
    </Panel>
  );
}

function WriteKey({ source: { id, name, health } }: { source: SourceWithHealth }) {
  const writeKey = useShownKey(id);
  const rotate = useRotateKey(id);
  const [isAsking, setAsking] = useState(false);
  const settled = { data: { writeKey }, error: null, isPending: false, refetch: () => undefined };
  const button = (
    <Button variant="default" size="xs" h="var(--c360-target)" onClick={() => setAsking(true)}>
      {text.rotate}
    </Button>
  );
  return (
    <Panel title={text.keyTitle} actions={button} query={settled} height={0}>
      {() => (
        <>
          {writeKey !== null && (
            <div className="keyBox" data-testid="write-key">
              <CopyId id={writeKey} what={text.keyWhat} />
            </div>
          )}
          <p className={writeKey === null ? "dimmed" : ""}>{writeKey === null ? text.keyHidden : text.keyOnce}</p>
          <ConfirmChange
            isOpen={isAsking}
            onClose={() => setAsking(false)}
            title={text.rotateTitle(name)}
            effect={text.rotateEffect}
            health={health}
            action={text.rotate}
            onConfirm={() => rotate.mutate(undefined, { onSuccess: () => setAsking(false) })}
            isPending={rotate.isPending}
            error={rotate.error}
          />
        </>
      )}
    </Panel>
  );
}

function EnableButton({ source: { id, name, enabled, health } }: { source: SourceWithHealth }) {
  const change = useChangeSource(id);
  const [isAsking, setAsking] = useState(false);
  if (!enabled) {
    return (
      <>
        {change.error !== null && <ProblemNote error={change.error} />}
        <Button h="var(--c360-target)" onClick={() => change.mutate({ enabled: true })} loading={change.isPending}>
          {text.enable}
        </Button>
      </>
    );
  }
  return (
    <>
      <Button variant="default" h="var(--c360-target)" onClick={() => setAsking(true)}>
        {text.disable}
      </Button>
      <ConfirmChange
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={text.disableTitle(name)}
        effect={text.disableEffect}
        health={health}
        action={text.disable}
        onConfirm={() => change.mutate({ enabled: false }, { onSuccess: () => setAsking(false) })}
        isPending={change.isPending}
        error={change.error}
      />
    </>
  );
}
