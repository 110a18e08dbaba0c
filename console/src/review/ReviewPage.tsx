import { Button } from "@mantine/core";
import { useState } from "react";
import { Navigate, useParams } from "react-router";
import { ApiProblem } from "../api/problem.ts";
import { countText } from "../parts/countText.ts";
import { PageHead } from "../parts/PageHead.tsx";
import { PanelStates } from "../parts/Panel.tsx";
import { PanelsComing } from "../parts/PanelsComing.tsx";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { Time } from "../parts/Time.tsx";
import { useKeys } from "../shell/useKeys.ts";
import { words } from "../words/words.ts";
import { Actions } from "./Actions.tsx";
import { Effect } from "./Effect.tsx";
import { EmptyQueue } from "./EmptyQueue.tsx";
import { Linkage } from "./Linkage.tsx";
import { PairTable } from "./PairTable.tsx";
import { type Review, useReview, useReviewList } from "./reviewQueries.ts";
import { shareText } from "./reviewText.ts";
import { type Given, type Queue, useQueue } from "./useQueue.ts";
import { Weights } from "./Weights.tsx";
import "./review.css";

const text = words.review;
const pairHeight = 504;
const sideHeights = [108, 72];

/** One person or two? */
export function ReviewPage() {
  const { pair } = useParams();
  const list = useReviewList();
  const queue = useQueue(list.data, pair);
  const first = pair === undefined && !list.isFetching ? queue.next : undefined;
  return (
    <div className="reviewPage">
      <PageHead title={words.pages.review} lead={text.lead} actions={<Linkage />} />
      {queue.problem !== null && <NotTaken problem={queue.problem} />}
      {queue.last !== null && <LastAnswer given={queue.last} />}
      {first !== undefined && <Navigate to={`/review/${first}`} replace />}
      {pair === undefined ? (
        <PanelStates query={list} height={0} waiting={<Coming />}>
          {({ items, summary }) =>
            items.length === 0 || queue.next === undefined ? <EmptyQueue summary={summary} /> : null
          }
        </PanelStates>
      ) : (
        <Pair key={pair} id={pair} queue={queue} />
      )}
    </div>
  );
}

/** A pair, still to come. */
function Coming() {
  return <PanelsComing grid="reviewColumns" side="reviewSide" main={pairHeight} sides={sideHeights} />;
}

function Pair({ id, queue }: { id: string; queue: Queue }) {
  const review = useReview(id);
  const [isShown, setShown] = useState(false);
  const { data, error } = review;
  const isOpen = data !== undefined && data.elsewhere === null && (data.state === "open" || data.state === "skipped");
  const give = (answer: Given["answer"]): boolean => {
    if (!isOpen) return false;
    queue.give(answer, data);
    return true;
  };
  useKeys({
    a: () => give("same"),
    r: () => give("different"),
    s: () => (isOpen ? give("skip") : (queue.pass(), true)),
    z: () => (queue.undo(), true),
    w: () => (setShown((before) => !before), true),
  });
  const isGone = error instanceof ApiProblem && error.status === 404;
  return (
    <>
      <div className="reviewBarTop">
        <span className="numbers" role="status">
          {text.position(countText(queue.position.at), countText(queue.position.of))}
        </span>
        <Actions queue={queue} isDecidable={isOpen} onGive={give} />
      </div>
      {isGone ? (
        <Gone message={error.message} queue={queue} />
      ) : (
        <PanelStates query={review} height={0} waiting={<Coming />}>
          {(shown) => (
            <>
              {shown.elsewhere !== null && <Elsewhere elsewhere={shown.elsewhere} queue={queue} />}
              <div className="reviewColumns">
                <section className="panel" aria-label={text.pairTitle}>
                  <PairTable review={shown} />
                </section>
                <div className="reviewSide">
                  <Effect review={shown} />
                  <Weights review={shown} isShown={isShown || !isOpen} onToggle={() => setShown(!isShown)} />
                </div>
              </div>
            </>
          )}
        </PanelStates>
      )}
    </>
  );
}

function NextButton({ queue }: { queue: Queue }) {
  return (
    <Button variant="default" h="var(--c360-target)" onClick={queue.pass}>
      {text.actions.next}
      <kbd className="keyHint reviewKey">S</kbd>
    </Button>
  );
}

function Gone({ message, queue }: { message: string; queue: Queue }) {
  return (
    <div className="panel stateBox reviewGone" role="status">
      <p className="stateTitle">{text.goneTitle}</p>
      <p>{message}</p>
      <NextButton queue={queue} />
    </div>
  );
}

function Elsewhere({ elsewhere, queue }: { elsewhere: NonNullable<Review["elsewhere"]>; queue: Queue }) {
  const { message, said } = elsewhere;
  return (
    <div className="panel reviewElsewhere" role="status">
      <p className="stateTitle">{text.elsewhereTitle}</p>
      <p>{message}</p>
      {said !== null && (
        <p>
          {text.elsewhereBy(said.by)}, <Time at={said.at} />: {said.reason}
        </p>
      )}
      <NextButton queue={queue} />
    </div>
  );
}

function NotTaken({ problem }: { problem: ApiProblem }) {
  return (
    <div className="panel reviewNotTaken">
      <p className="stateTitle">{text.failed}</p>
      <ProblemNote error={problem} />
    </div>
  );
}

/** After deciding, what the model held. */
function LastAnswer({ given: { answer, probability } }: { given: Given }) {
  return (
    <p className="reviewLast" role="status">
      {text.last[answer]} {answer !== "skip" && probability !== null && text.last.held(shareText(probability))}
    </p>
  );
}
