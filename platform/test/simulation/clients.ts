import type { BufferRecord } from "../../src/buffer/eventBuffer.ts";
import { rulesHash } from "../../src/identity/index.ts";
import { linkRecordOf, pairOf, recordOf } from "../../src/model/correction.ts";
import type { JsonObject, StatedRecord } from "../../src/model/event.ts";
import { fragmentKey } from "../../src/model/fragment.ts";
import { fragmentIdOf, messageKeyOf } from "../../src/model/keyedHash.ts";
import { encodeRecord } from "../../src/model/logRecord.ts";
import { Problem } from "../../src/model/problem.ts";
import { rulesRecordOf } from "../../src/model/rulesVersion.ts";
import type { Source } from "../../src/model/source.ts";
import type { Draws } from "../../src/simulator/draws.ts";
import { drawCall, type Drawn, type Sold } from "./calls.ts";
import { Broken } from "./broken.ts";
import type { Process, Running } from "./process.ts";
import { someRules } from "./simulatedRules.ts";
import { hash, type World } from "./world.ts";

/** What was sent in one go, and what its sender knows of it. */
interface Sending {
  readonly keys: readonly string[];
  readonly send: (to: Running) => Promise<unknown>;
  readonly what: string;
  /** `unknown`: no answer came. `refused`: it was told that nothing of it was taken. */
  state: "under way" | "taken" | "refused" | "unknown";
}

/** Answers that say that nothing was taken. A failed log does not say that. */
const refusals: ReadonlySet<string> = new Set(["backlog_full", "source_backlog_full", "disk_low", "log_overloaded"]);

/** Everybody who sends: sources, people who correct, linkages, whoever publishes rules. */
export class Clients {
  readonly sold: Sold = { orders: new Map(), refunds: new Map() };
  readonly #world: World;
  readonly #sendings: Sending[] = [];
  readonly #calls: Drawn[] = [];
  /** By message: attempts that may have been taken. */
  readonly #possible = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Calls of one source that were not sent before, or that some were; what was sent, in words. */
  sendCalls(to: Process, draws: Draws): string {
    const first = this.#draw(draws, null);
    const calls = [first];
    for (let more = draws.pick([0, 0, 1, 3]); more > 0; more--) calls.push(this.#draw(draws, first.source));
    const { source } = first;
    const as = calls.some((drawn) => drawn.as === "import") ? "import" : "live";
    const bodies = calls.map(({ call }) => call);
    const keys = calls.map(({ messageId }) => messageKeyOf(hash, source.id, messageId));
    const what = `${source.id} sends ${bodies.map(wordsOf).join(", ")}`;
    this.#send(to, { keys, what, send: ({ gateway }) => gateway.submit(source, bodies, as), state: "under way" });
    return what;
  }

  /** Once more what was sent before: a retry, or a plain repetition. */
  sendAgain(to: Process, draws: Draws): string {
    const lost = this.#sendings.filter(({ state }) => state === "unknown" || state === "refused");
    const sending = draws.pick(lost.length > 0 && draws.chance(0.7) ? lost : this.#sendings);
    if (sending === undefined) return "nobody has anything to repeat";
    this.#repeat(to, sending);
    return `again: ${sending.what}`;
  }

  /** A person's correction, or a linkage's word. */
  say(to: Process, draws: Draws): string {
    const pool = this.#identifiers();
    const [one, other] = [draws.pick(pool), draws.pick(pool)];
    if (one === other) return "nobody says anything";
    const common = { id: `said-${++this.#world.made}`, ...pairOf(one, other), receivedAt: this.#world.now };
    const verdict = draws.pick(["same", "different", "withdrawn", "probable", "unlinked"] as const);
    const confidence = draws.pick([0.9, 0.95, 0.99]);
    const record =
      verdict === "probable" || verdict === "unlinked"
        ? linkRecordOf({
            ...common,
            verdict,
            by: "lr_1",
            reason: "model 1",
            ...(verdict === "probable" ? { confidence } : {}),
          })
        : recordOf({ ...common, verdict, by: "t1", reason: "I asked" });
    return this.#state(to, record, [common.a, common.b], `${verdict} ${common.a} ${common.b}`);
  }

  /** `number`: of the version that holds, as far as whoever publishes knows. */
  publish(to: Process, draws: Draws, number: number): string {
    const next = Math.max(2, number + (draws.chance(0.85) ? 1 : draws.between(-1, 0)));
    const document = JSON.parse(JSON.stringify(draws.pick(someRules))) as JsonObject;
    const record = rulesRecordOf({
      id: `rules-${++this.#world.made}`,
      number: next,
      hash: rulesHash(document),
      document,
      by: "t1",
      reason: "to see",
      receivedAt: this.#world.now,
    });
    return this.#state(to, record, [], `rules ${next}`);
  }

  /** Their process is gone: whoever waits hears nothing. */
  hangUp(): void {
    for (const sending of this.#sendings) if (sending.state === "under way") sending.state = "unknown";
  }

  /** Whatever was not taken for certain is sent again; how many that were. */
  retryAll(to: Process): number {
    const left = this.#sendings.filter(({ state }) => state === "unknown" || state === "refused");
    for (const sending of left) this.#repeat(to, sending);
    return left.length;
  }

  /** Whether somebody sent it, and was not told each time that it was not taken. */
  mayBeTaken(key: string): boolean {
    return (this.#possible.get(key) ?? 0) > 0;
  }

  isWaiting(): boolean {
    return this.#sendings.some(({ state }) => state === "under way");
  }

  #repeat(to: Process, sending: Sending): void {
    if (sending.state !== "under way") sending.state = "taken";
    this.#send(to, { ...sending, state: "under way" });
  }

  #draw(draws: Draws, of: Source | null): Drawn {
    const before = this.#calls.filter(({ source, isPlain }) => isPlain && (of === null || source.id === of.id));
    const messageId = `m${++this.#world.made}`;
    const customers = { count: this.#world.temper.customers, now: this.#world.now, sold: this.sold, messageId };
    let drawn = drawCall(draws, customers);
    while (of !== null && drawn.source.id !== of.id) drawn = drawCall(draws, customers);
    // A client that gives an id twice; a call that was refused is mended this way.
    if (drawn.isPlain && before.length > 0 && draws.chance(0.12)) {
      const other = draws.pick(before.filter(({ source }) => source.id === drawn.source.id));
      if (other !== undefined) drawn = withId(drawn, other.messageId);
    }
    this.#calls.push(drawn);
    return drawn;
  }

  #state(to: Process, record: StatedRecord, about: readonly string[], what: string): string {
    const stored: BufferRecord = {
      message: messageKeyOf(hash, record.source, record.messageId),
      fragment: fragmentIdOf(hash, fragmentKey([...about], record.source)),
      payload: encodeRecord(record),
    };
    this.#send(to, { keys: [stored.message], what, send: ({ append }) => append([stored]), state: "under way" });
    return what;
  }

  #identifiers(): string[] {
    const customers = Array.from({ length: this.#world.temper.customers }, (_, nth) => nth);
    return customers.flatMap((nth) => [`user_id:u${nth}`, `email:e${nth}@example.com`, `anonymous_id:a${nth}-0`]);
  }

  #send(to: Process, sending: Sending): void {
    this.#sendings.push(sending);
    const count = (by: number): void => {
      for (const key of sending.keys) this.#possible.set(key, (this.#possible.get(key) ?? 0) + by);
    };
    if (to.running === null) {
      sending.state = "refused";
      return;
    }
    count(1);
    const hear = async (running: Running): Promise<void> => {
      try {
        await sending.send(running);
        sending.state = "taken";
      } catch (error) {
        const isRefusal = error instanceof Problem && refusals.has(error.code);
        if (isRefusal) count(-1);
        sending.state = isRefusal ? "refused" : "unknown";
        to.failure ??= complaintOf(error);
      }
    };
    void hear(to.running);
  }
}

function withId(drawn: Drawn, messageId: string): Drawn {
  return { ...drawn, messageId, call: { ...drawn.call, messageId } };
}

/** Null for an answer that a client can go by. */
function complaintOf(error: unknown): Broken | null {
  if (!(error instanceof Problem)) return new Broken("a client got no answer of ours", String(error));
  const isTold = error.status === 429 || error.status === 503;
  if (!isTold) return new Broken("a client was refused without need", `${error.status} ${error.code}`);
  if ((error.retryAfterSeconds ?? 0) > 0) return null;
  return new Broken("overload does not say when to come again", error.code);
}

function wordsOf(call: JsonObject): string {
  const properties = (call["properties"] ?? {}) as JsonObject;
  const words = [call["messageId"], call["event"] ?? call["type"], properties["refund_id"] ?? properties["order_id"]];
  return words.filter((word) => typeof word === "string").join(" ");
}
