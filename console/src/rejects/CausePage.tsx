import { Anchor } from "@mantine/core";
import { useState } from "react";
import { Link, useSearchParams } from "react-router";
import { ApiProblem } from "../api/problem.ts";
import { reasonText } from "../live/refusals.ts";
import { countText } from "../parts/countText.ts";
import { PageHead } from "../parts/PageHead.tsx";
import { Panel, PanelStates } from "../parts/Panel.tsx";
import { SourceMark } from "../parts/SourceMark.tsx";
import { Time } from "../parts/Time.tsx";
import { useSources } from "../sources/sourceQueries.ts";
import { words } from "../words/words.ts";
import { CallDrawer } from "./CallDrawer.tsx";
import { CallsPanel } from "./CallsPanel.tsx";
import { eventText } from "./causeText.ts";
import { Fact } from "../parts/Fact.tsx";
import { MendPanel } from "./MendPanel.tsx";
import { OutcomePanel } from "./OutcomePanel.tsx";
import { type Cause, useCause, useLatestReplay, useStartReplay } from "./rejectQueries.ts";
import { ReplayDialog } from "./ReplayDialog.tsx";
import { useSteps } from "./useSteps.ts";
import "../parts/table.css";
import "./rejects.css";

const text = words.rejects;
const reservedHeight = 480;

/** What is wrong with these calls, and how are they mended? */
export function CausePage({ id }: { id: string }) {
  const cause = useCause(id);
  const isMissing = cause.error instanceof ApiProblem && cause.error.status === 404;
  return (
    <>
      <Anchor component={Link} to="/rejects" size="sm" className="backLink">
        ← {text.all}
      </Anchor>
      {isMissing ? (
        <PageHead title={text.missingTitle} lead={text.missing} />
      ) : (
        <>
          {cause.data === undefined && <PageHead title={words.pages.rejects} />}
          <PanelStates query={cause} height={reservedHeight}>
            {(data) => <OfCause cause={data} />}
          </PanelStates>
        </>
      )}
    </>
  );
}

/** What a dialog asks about: all, or those that are chosen. */
type Asked = "all" | "chosen" | null;

function OfCause({ cause }: { cause: Cause }) {
  const [search, setSearch] = useSearchParams();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [asked, setAsked] = useState<Asked>(null);
  const [tried, setTried] = useState<{ id: string; of: string } | null>(null);
  const steps = useSteps(cause.field);
  const latest = useLatestReplay(cause.id);
  const document = "document" in steps.parsed ? steps.parsed.document : null;
  const tryOut = useStartReplay(({ id }, { transformation }) => setTried({ id, of: JSON.stringify(transformation) }));
  const open = search.get("open");
  const show = (messageId: string | null): void => {
    const next = new URLSearchParams(search);
    if (messageId === null) next.delete("open");
    else next.set("open", messageId);
    setSearch(next, { replace: open !== null, preventScrollReset: true });
  };
  const onTry = (): void => tryOut.mutate({ cause: cause.id, transformation: document, dryRun: true });
  return (
    <>
      <PageHead title={reasonText(cause.code)} lead={cause.reason} />
      <Facts cause={cause} />
      <div className="causeGrid">
        <MendPanel
          steps={steps}
          cause={cause}
          isTrying={tryOut.isPending}
          onTry={onTry}
          onReplay={() => setAsked("all")}
        />
        <OutcomePanel
          tried={tried?.id ?? null}
          isOld={tried !== null && tried.of !== steps.key}
          error={tryOut.error}
          replay={search.get("replay") ?? latest.data ?? null}
        />
        <div className="wide">
          <CallsPanel
            cause={cause}
            chosen={chosen}
            onChoose={setChosen}
            opened={open}
            onOpen={show}
            onReplay={() => setAsked("chosen")}
          />
        </div>
      </div>
      {open !== null && <CallDrawer source={cause.source} messageId={open} onClose={() => show(null)} />}
      <ReplayDialog
        cause={cause}
        messageIds={asked === "chosen" ? [...chosen] : null}
        isOpen={asked !== null}
        transformation={document}
        tried={tried?.of === steps.key && asked === "all" ? tried.id : null}
        onClose={() => setAsked(null)}
        onStarted={(replay) => {
          setChosen(new Set());
          setSearch({ replay: replay.id }, { replace: true, preventScrollReset: true });
        }}
      />
    </>
  );
}

function Facts({ cause }: { cause: Cause }) {
  const source = useSources().data?.find(({ id }) => id === cause.source);
  const settled = { data: cause, error: null, isPending: false, refetch: () => undefined };
  const { facts } = text;
  return (
    <Panel title={null} label={words.pages.rejects} query={settled} height={0}>
      {() => (
        <dl className="facts numbers causeFacts">
          <Fact label={text.source}>
            <SourceMark kind={source?.kind ?? ""} label={source?.name ?? cause.source} />
          </Fact>
          <Fact label={facts.event}>{eventText(cause)}</Fact>
          {cause.field !== null && (
            <Fact label={facts.field}>
              <span className="mono">{cause.field}</span>
            </Fact>
          )}
          <Fact label={facts.open}>{countText(cause.open)}</Fact>
          <Fact label={facts.count}>{countText(cause.count)}</Fact>
          <Fact label={facts.first}>
            <Time at={cause.firstAt} />
          </Fact>
          <Fact label={facts.last}>
            <Time at={cause.lastAt} />
          </Fact>
        </dl>
      )}
    </Panel>
  );
}
