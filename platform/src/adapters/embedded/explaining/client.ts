import type { Explainer } from "../../../identity/index.ts";
import { ownedThread } from "../ownedThread.ts";
import type { ExplainingAnswers, ExplainingRequest, ExplainingThreadSettings, Question } from "./messages.ts";

/** Questions that may wait for the thread; beyond, the answer is 503 with a time to come back. */
const maxWaiting = 32;
const retryAfterSeconds = 1;
const maxYoungGenerationMb = 32;

export interface ExplainingOptions extends ExplainingThreadSettings {
  /** For the operator's log. No personal data in it. */
  onTrouble?: (message: string) => void;
}

/**
 * The thread that explains, so that the work of a question never holds up who takes events and answers others. It
 * begins with the first question: most starts of a platform need nothing explained.
 */
export function openExplaining({
  onTrouble,
  ...workerData
}: ExplainingOptions): Explainer & { close(): Promise<void> } {
  const thread = ownedThread<ExplainingAnswers, ExplainingRequest>({
    entry: new URL("./thread.ts", import.meta.url),
    name: "explaining",
    workerData,
    maxYoungGenerationMb,
    retryAfterSeconds,
    onTrouble,
    onFollowed: undefined,
  });
  let started: Promise<void> | null = null;
  let isClosed = false;
  const start = async (): Promise<void> => {
    try {
      await thread.start();
    } catch (error) {
      // The next question tries again.
      started = null;
      throw error;
    }
  };
  const ask = async <Verb extends keyof Explainer>(
    question: Question & { kind: Verb },
  ): Promise<ExplainingAnswers[Verb]> => {
    if (!isClosed) await (started ??= start());
    return thread.ask(question.kind, (id) => ({ ...question, id }), { maxWaiting, counts: () => true });
  };
  return {
    of: (...asked) => ask({ kind: "of", asked }),
    why: (...asked) => ask({ kind: "why", asked }),
    look: (...asked) => ask({ kind: "look", asked }),
    list: (...asked) => ask({ kind: "list", asked }),
    pairNames: (...asked) => ask({ kind: "pairNames", asked }),
    pair: (...asked) => ask({ kind: "pair", asked }),
    pairGone: (...asked) => ask({ kind: "pairGone", asked }),
    linkFates: (...asked) => ask({ kind: "linkFates", asked }),
    close: () => {
      isClosed = true;
      return thread.close((id) => ({ kind: "close", id }));
    },
  };
}
