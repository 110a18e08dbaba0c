import type { BufferRecord, StoredRecord } from "../../buffer/eventBuffer.ts";
import type { CallRecord } from "../../model/event.ts";
import type { IdentifierKey } from "../../model/identifier.ts";
import type { Join } from "../../model/join.ts";
import type { Position } from "../../model/position.ts";
import { Problem } from "../../model/problem.ts";
import { Connection, type Subscription } from "./connection.ts";
import type { Frontier } from "./frontier.ts";
import { heartbeatSeconds, maxJoinsKept, maxSubscribers } from "./limits.ts";
import { takenOf } from "./logged.ts";
import { rateRing } from "./rateRing.ts";
import type { StreamReads } from "./reads.ts";
import type { StreamOutcome, Taken } from "./streamTypes.ts";

export interface HubParts {
  reads: StreamReads;
  now: () => number;
  /** Calls `work` once, after about `ms`. */
  later: (ms: number, work: () => void) => void;
  pending: () => number;
  /** Where the platform stands when the hub begins. */
  from: Frontier;
  /** Trouble with what is read for the stream, for the operator's log. */
  onTrouble: (error: unknown) => void;
}

/** What is shown live of the way of events. It decides nothing and holds nothing up: what cannot be shown is counted. */
export interface StreamHub {
  /**
   * Calls of one source that go into the log; what is answered is told once they are durable. While nobody watches that
   * costs a few counts, and holds the calls no longer than now.
   */
  taken(
    calls: readonly { record: CallRecord; identifiers: readonly IdentifierKey[] }[],
    stored: readonly BufferRecord[],
  ): (positions: readonly Position[]) => void;
  /** Every record before `until` is decided. */
  decided(until: Position, outcome: StreamOutcome): void;
  /** To be called once a second. */
  tick(): void;
  /** Problem 429 `too_many_streams`, 503 `stopping`. */
  subscribe(wanted: Subscription): void;
  counts(): { subscribers: number; shown: number; sampledOut: number; skipped: number };
  /** Ends all streams; nobody can subscribe any more. */
  close(): void;
}

const totalNames = ["shown", "sampledOut", "skipped"] as const;

export function createStreamHub(parts: HubParts): StreamHub {
  const { reads, now, later, onTrouble } = parts;
  const rates = rateRing();
  const open = new Set<Connection>();
  const frontier = { ...parts.from };
  const past = { shown: 0, sampledOut: 0, skipped: 0 };
  const joins = joinRing(parts.from.decided);
  let ticks = 0;
  let isClosed = false;
  const onClosed = (closed: Connection): void => {
    open.delete(closed);
    for (const name of totalNames) past[name] += closed.subscriber.totals[name];
  };
  return {
    taken: (calls, stored) => {
      const [first] = calls;
      if (first === undefined) return () => undefined;
      const { source: id, sourceKind: kind } = first.record;
      let rejected = 0;
      for (const { record } of calls) if (record.status === "rejected") rejected += 1;
      const accepted = calls.length - rejected;
      const watched = open.size > 0 ? calls : null;
      return (positions) => {
        rates.taken({ id, kind }, accepted, rejected);
        frontier.taken = Math.max(frontier.taken, (positions.at(-1) ?? -1) + 1);
        if (open.size === 0) return;
        for (const [index, record] of stored.entries()) {
          const at = { ...record, position: positions[index] as Position };
          // Whoever came to watch meanwhile is shown what the log keeps.
          const taken = watched === null ? takenOf(at) : takenAs(watched[index], at);
          if (taken !== null) for (const { subscriber } of open) subscriber.offer(taken);
        }
        for (const connection of open) connection.due();
      };
    },
    decided: (until, outcome) => {
      rates.decided(outcome);
      frontier.decided = Math.max(frontier.decided, until);
      joins.keep(outcome.joins, until);
      for (const connection of open) {
        for (const join of outcome.joins) connection.subscriber.offerJoin(join);
        connection.due();
      }
    },
    tick: () => {
      ticks += 1;
      const second = rates.tick(now(), parts.pending());
      if (open.size === 0) return;
      const ratesJson = JSON.stringify(second);
      for (const connection of open) connection.tick(ratesJson, ticks % heartbeatSeconds === 0);
    },
    subscribe: (wanted) => {
      if (isClosed) throw stopping();
      if (open.size >= maxSubscribers) throw tooMany();
      const here = () => ({ ...frontier });
      const connection = new Connection({ wanted, reads, now, later, frontier: here, onTrouble, onClosed });
      open.add(connection);
      connection.begin({ ...joins.kept(), history: rates.history() });
    },
    counts: () => {
      const counts = { subscribers: open.size, ...past };
      for (const { subscriber } of open) for (const name of totalNames) counts[name] += subscriber.totals[name];
      return counts;
    },
    close: () => {
      isClosed = true;
      for (const connection of open) connection.close("stopping");
    },
  };
}

/** The latest joins, for those who come back. */
function joinRing(from: Position) {
  const kept: { join: Join; decided: Position }[] = [];
  let joinsFrom = from;
  return {
    keep: (joins: readonly Join[], decided: Position): void => {
      for (const join of joins) kept.push({ join, decided });
      const forgotten = kept.splice(0, Math.max(0, kept.length - maxJoinsKept));
      joinsFrom = forgotten.at(-1)?.decided ?? joinsFrom;
    },
    kept: () => ({ joins: [...kept], joinsFrom }),
  };
}

function takenAs(
  call: { record: CallRecord; identifiers: readonly IdentifierKey[] } | undefined,
  { position, fragment }: StoredRecord,
): Taken | null {
  return call === undefined ? null : { position, fragment, record: call.record, identifiers: call.identifiers };
}

function stopping(): Problem {
  return new Problem(503, "stopping", "The server is stopping.", {
    hint: "Connect again when it is back, with the last id as Last-Event-ID.",
    retryAfterSeconds: 5,
  });
}

function tooMany(): Problem {
  return new Problem(429, "too_many_streams", `There are ${maxSubscribers} streams open, and no more are served.`, {
    hint: "Close one, or share one between those who watch.",
    retryAfterSeconds: 10,
  });
}
