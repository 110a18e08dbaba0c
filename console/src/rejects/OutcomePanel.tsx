import { Button } from "@mantine/core";
import { refusalOf } from "../api/problem.ts";
import { reasonText } from "../live/refusals.ts";
import { countText } from "../parts/countText.ts";
import { Panel } from "../parts/Panel.tsx";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { Time } from "../parts/Time.tsx";
import { words } from "../words/words.ts";
import { Examples } from "./Examples.tsx";
import { Fact } from "../parts/Fact.tsx";
import { type Replay, useChangeReplay, useReplay } from "./rejectQueries.ts";

const text = words.rejects;

interface OutcomeProps {
  /** Id of the dry run that was asked for. */
  tried: string | null;
  /** The steps were changed since. */
  isOld: boolean;
  error: unknown;
  /** Id of the latest replay. */
  replay: string | null;
}

/** What would come of the steps, and what came of them. */
export function OutcomePanel({ tried, isOld, error, replay }: OutcomeProps) {
  const dryRun = useReplay(tried);
  const done = useReplay(replay);
  const seen = refusalOf(dryRun.error) === null ? dryRun.data : undefined;
  const settled = { data: true, error: null, isPending: false, refetch: () => undefined };
  return (
    <div className="outcomes">
      {done.data !== undefined && (
        <Panel title={text.replayTitleOf} query={settled} height={0}>
          {() => done.data !== undefined && <Replayed replay={done.data} />}
        </Panel>
      )}
      <Panel title={text.tryTitle} query={settled} height={0}>
        {() => (
          <div role="status" aria-live="polite">
            {error !== null && <ProblemNote error={error} />}
            {dryRun.error !== null && <ProblemNote error={dryRun.error} what="see" />}
            {seen === undefined ? (
              error === null && dryRun.error === null && <p className="dimmed">{text.tryEmpty}</p>
            ) : (
              <Tried dryRun={seen} isOld={isOld} />
            )}
          </div>
        )}
      </Panel>
    </div>
  );
}

function Tried({ dryRun, isOld }: { dryRun: Replay; isOld: boolean }) {
  if (dryRun.status === "running") return <Progress replay={dryRun} label={text.trying(percentOf(dryRun))} />;
  return (
    <>
      {isOld && <p className="rejectNote">{text.tryOld}</p>}
      {dryRun.status === "stopped" && <p className="rejectNote">{text.stopped}</p>}
      {dryRun.problem !== null && <Problem problem={dryRun.problem} />}
      <Counts replay={dryRun} labels={text.counts} />
      <Reasons replay={dryRun} title={text.reasons} />
      <Examples examples={dryRun.examples} />
    </>
  );
}

function Replayed({ replay }: { replay: Replay }) {
  const change = useChangeReplay();
  const { status, by, startedAt, problem } = replay;
  const isResumable = status === "stopped" || status === "failed";
  return (
    <div role="status" aria-live="polite">
      {status === "running" ? (
        <Progress replay={replay} label={text.replayRunning(percentOf(replay))} />
      ) : (
        <p className="replayEnded">
          <strong>{text.replayEnded[status]}</strong>{" "}
          <span className="meta">
            <Time at={startedAt} /> {text.by(by)}
          </span>
        </p>
      )}
      {problem !== null && <Problem problem={problem} />}
      <Counts replay={replay} labels={text.done} />
      <Reasons replay={replay} title={text.reasonsDone} />
      {change.error !== null && <ProblemNote error={change.error} />}
      {isResumable && (
        <Button
          variant="default"
          h="var(--c360-target)"
          loading={change.isPending}
          onClick={() => change.mutate({ id: replay.id, to: "resume" })}
        >
          {text.resume}
        </Button>
      )}
    </div>
  );
}

function percentOf({ total, accepted, refused, skipped }: Replay): number {
  return total === 0 ? 100 : Math.min(100, Math.floor(((accepted + refused + skipped) / total) * 100));
}

function Progress({ replay, label }: { replay: Replay; label: string }) {
  const change = useChangeReplay();
  return (
    <div className="replayProgress">
      <label>
        {label}
        <progress max={100} value={percentOf(replay)} />
      </label>
      <Button
        variant="default"
        size="xs"
        h="var(--c360-target)"
        loading={change.isPending}
        onClick={() => change.mutate({ id: replay.id, to: "stop" })}
      >
        {text.stop}
      </Button>
    </div>
  );
}

function Problem({ problem: { message, hint } }: { problem: NonNullable<Replay["problem"]> }) {
  return (
    <div className="stateBox problem" role="alert">
      <p className="stateTitle">{message}</p>
      {hint !== null && <p>{hint}</p>}
    </div>
  );
}

function Counts({ replay, labels }: { replay: Replay; labels: Record<"taken" | "refused" | "skipped", string> }) {
  return (
    <dl className="facts numbers">
      <Fact label={labels.taken}>{countText(replay.accepted)}</Fact>
      <Fact label={labels.refused}>
        <span className={replay.refused > 0 ? "bad" : ""}>{countText(replay.refused)}</span>
      </Fact>
      {replay.skipped > 0 && <Fact label={labels.skipped}>{countText(replay.skipped)}</Fact>}
    </dl>
  );
}

function Reasons({ replay: { refusals }, title }: { replay: Replay; title: string }) {
  if (refusals.length === 0) return null;
  const { reasonColumns } = text;
  return (
    <table className="plainTable reasonsTable">
      <caption className="rejectHead">{title}</caption>
      <thead>
        <tr>
          <th scope="col">{reasonColumns.reason}</th>
          <th scope="col" className="end">
            {reasonColumns.count}
          </th>
        </tr>
      </thead>
      <tbody>
        {refusals.map(({ code, message, field, count }) => (
          <tr key={`${code} ${field}`}>
            <td>
              <strong>{reasonText(code)}</strong>
              <span className="meta reasonMessage">{message}</span>
              {field !== null && <span className="dimmed mono">{field}</span>}
            </td>
            <td className="end numbers" data-label={reasonColumns.count}>
              {countText(count)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
