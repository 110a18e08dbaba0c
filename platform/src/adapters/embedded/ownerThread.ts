import { parentPort } from "node:worker_threads";
import { giveWay, niceness } from "./giveWay.ts";
import type { Deciding } from "./pace.ts";
import { problemFields, type ThreadReply } from "./ownedThread.ts";

/** What a thread has open, and what it answers with it. */
export interface Owned<Question> {
  /** `signal` aborts when whoever asked wants no answer any more. */
  answer(question: Question, signal: AbortSignal): Promise<unknown>;
  /** Something was decided: follow it soon. */
  advance?(deciding: Deciding): void;
  close(): Promise<void> | void;
}

/** What a thread tells without being asked. No personal data in it. */
export interface OwnerTells {
  onTrouble: (message: string) => void;
  /** Everything up to this version of the feed is followed durably. */
  onFollowed: (version: number) => void;
}

/** What every such thread is told, beside its questions. `cancel`: the answer of this id is not wanted any more. */
export type OwnerRequest<Question extends { id: number }> =
  | Question
  | { kind: "cancel" | "close"; id: number }
  | { kind: "advance"; deciding: Deciding };

/**
 * Entry of a worker thread that alone has something open: the other side of `ownedThread`, under the same `name`. It
 * opens, answers questions side by side, and ends when it is closed. A `Problem` goes to
 * whoever asked; any other error becomes a 500 without its details, which could quote somebody.
 */
export async function runOwner<Question extends { kind: string; id: number }>(
  name: Exclude<keyof typeof niceness, "background">,
  open: (tells: OwnerTells) => Owned<Question> | Promise<Owned<Question>>,
): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error(`${name} runs in a worker thread`);
  giveWay(niceness[name]);
  const reply = (message: ThreadReply): void => port.postMessage(message);
  const fail = (id: number | null, error: unknown): void =>
    reply({ kind: "problem", id, problem: problemFields(error, name) });
  let owned: Owned<Question>;
  try {
    owned = await open({
      onTrouble: (message) => reply({ kind: "trouble", message }),
      onFollowed: (version) => reply({ kind: "followed", version }),
    });
  } catch (error) {
    fail(null, error);
    return;
  }
  const asked = new Map<number, AbortController>();
  const answer = async (question: Question): Promise<void> => {
    const controller = new AbortController();
    asked.set(question.id, controller);
    try {
      reply({ kind: "answer", id: question.id, value: await owned.answer(question, controller.signal) });
    } catch (error) {
      fail(question.id, error);
    } finally {
      asked.delete(question.id);
    }
  };
  const close = async (id: number): Promise<void> => {
    try {
      await owned.close();
      reply({ kind: "answer", id, value: null });
    } catch (error) {
      fail(id, error);
    } finally {
      port.close();
    }
  };
  port.on("message", (request: OwnerRequest<Question>) => {
    if (isAdvance(request)) owned.advance?.(request.deciding);
    else if (request.kind === "cancel") asked.get(request.id)?.abort();
    else if (request.kind === "close") void close(request.id);
    else void answer(request as Question);
  });
  reply({ kind: "ready" });
}

function isAdvance(request: { kind: string }): request is { kind: "advance"; deciding: Deciding } {
  return request.kind === "advance";
}
