import type { Reviews } from "../../../storage/reviews.ts";
import { ownedThread } from "../ownedThread.ts";
import type { Deciding } from "../pace.ts";
import type { ReviewAnswers, ReviewMethod, ReviewRequest, ReviewThreadSettings } from "./messages.ts";

/** Questions that may wait for the thread; beyond, the answer is 503 with a time to come back. */
const maxWaiting = 128;
const retryAfterSeconds = 1;
const maxYoungGenerationMb = 32;

export interface ReviewOptions extends ReviewThreadSettings {
  /** For the operator's log. No personal data in it. */
  onTrouble?: (message: string) => void;
  /** Everything up to this version of the feed is followed durably. */
  onFollowed?: (version: number) => void;
}

export type EmbeddedReviews = Reviews & { advance(deciding: Deciding): void };

/** Starts the thread that owns the review queue; resolves when it is open. */
export async function startReviews(options: ReviewOptions): Promise<EmbeddedReviews> {
  const { onTrouble, onFollowed, ...workerData } = options;
  const entry = new URL("./thread.ts", import.meta.url);
  const settings = { entry, name: "reviews", workerData, maxYoungGenerationMb, retryAfterSeconds };
  const thread = ownedThread<ReviewAnswers, ReviewRequest>({ ...settings, onTrouble, onFollowed });
  await thread.start();
  const asking = <Method extends ReviewMethod>(method: Method): Reviews[Method] =>
    // What is asked with a method's own arguments is answered as that method answers.
    ((...given: readonly unknown[]) =>
      thread.ask("call", (id) => ({ kind: "call", id, method, given }), {
        maxWaiting,
        counts: () => true,
      })) as Reviews[Method];
  let decidingNow: Deciding = "idle";
  return {
    waiting: asking("waiting"),
    byId: asking("byId"),
    answer: asking("answer"),
    said: asking("said"),
    reopen: asking("reopen"),
    drop: asking("drop"),
    offer: asking("offer"),
    dropOlder: asking("dropOlder"),
    summary: asking("summary"),
    keepModel: asking("keepModel"),
    model: asking("model"),
    putRun: asking("putRun"),
    run: asking("run"),
    runs: asking("runs"),
    sides: asking("sides"),
    caughtUp: asking("caughtUp"),
    status: asking("status"),
    advance: (deciding) => {
      decidingNow = deciding;
      thread.tell(() => ({ kind: "advance", deciding: decidingNow }));
    },
    close: () => thread.close((id) => ({ kind: "close", id })),
  };
}
