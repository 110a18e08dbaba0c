import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { asProblem, type ApiProblem } from "../api/problem.ts";
import { type Answer, prefetchReview, refreshList, type Review, type ReviewList, sendAnswer } from "./reviewQueries.ts";

export interface Given {
  id: string;
  answer: Exclude<Answer, "undo">;
  probability: number | null;
}

export interface Queue {
  /** The pair after this one; undefined at the end. */
  next: string | undefined;
  /** Of this sitting: the place of the present pair, and how many there were with it. */
  position: { at: number; of: number };
  last: Given | null;
  /** Why an answer was not taken. */
  problem: ApiProblem | null;
  give: (answer: Given["answer"], review: Review | undefined) => void;
  undo: () => void;
  /** Goes on without an answer. */
  pass: () => void;
}

/**
 * One sitting at the queue: an answer shows the next pair at once and is sent behind it, in turn. An undo waits for the
 * answer that it takes back. An answer to a pair that has changed since it was seen is not taken: it is shown again.
 */
export function useQueue(list: ReviewList | undefined, current: string | undefined): Queue {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [given, setGiven] = useState<readonly Given[]>([]);
  const [passed, setPassed] = useState<readonly string[]>([]);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const sending = useRef<Promise<void>>(Promise.resolve());
  const done = new Set([...given.map(({ id }) => id), ...passed]);
  const rest = (list?.items ?? []).filter(({ id }) => !done.has(id) && id !== current).map(({ id }) => id);
  const [next] = rest;
  useEffect(() => {
    if (next !== undefined) prefetchReview(queries, next);
  }, [next, queries]);
  const show = (id: string | undefined): void => void navigate(id === undefined ? "/review" : `/review/${id}`);
  const inTurn = (work: () => Promise<void>): void => {
    sending.current = sending.current.then(work).catch((error: unknown) => setProblem(asProblem(error)));
  };
  const goOn = (): void => {
    show(next);
    if (next === undefined) inTurn(() => refreshList(queries));
  };
  return {
    next,
    position: { at: given.length + 1, of: given.length + (current === undefined ? 0 : 1) + rest.length },
    last: given.at(-1) ?? null,
    problem,
    give: (answer, review) => {
      if (current === undefined) return;
      const id = current;
      setProblem(null);
      setGiven([...given, { id, answer, probability: review?.probability ?? null }]);
      inTurn(async () => {
        try {
          await sendAnswer(queries, id, answer, review?.basis);
        } catch (error) {
          if (asProblem(error).code === "review_changed") {
            setGiven((before) => before.filter((each) => each.id !== id));
            show(id);
          }
          throw error;
        }
      });
      goOn();
    },
    undo: () => {
      const last = given.at(-1);
      if (last === undefined) return;
      setProblem(null);
      setGiven(given.slice(0, -1));
      inTurn(async () => {
        await sendAnswer(queries, last.id, "undo");
        await refreshList(queries);
        show(last.id);
      });
    },
    pass: () => {
      if (current !== undefined) setPassed([...passed, current]);
      goOn();
    },
  };
}
