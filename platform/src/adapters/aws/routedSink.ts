import type { EventSink } from "../../buffer/eventBuffer.ts";
import type { SourceKind } from "../../model/source.ts";

/** By which way a source's events come in: what runs a shop goes straight to a queue, what may burst is fanned out. */
export const wayOfKind: Readonly<Record<SourceKind, "queue" | "topic">> = {
  crm: "queue",
  erp: "queue",
  pos: "queue",
  iot: "queue",
  social: "topic",
  web: "topic",
  mobile: "topic",
};

export interface SourceSinks {
  /** Where events of a source of this kind go. All records of one call are of one source. */
  of(kind: SourceKind): EventSink;
  /** Closes both, also where one does not close. */
  close(): Promise<void>;
}

export function sourceSinks(sinks: Readonly<Record<"queue" | "topic", EventSink>>): SourceSinks {
  return {
    of: (kind) => sinks[wayOfKind[kind]],
    close: async () => {
      const closed = await Promise.allSettled([sinks.queue.close(), sinks.topic.close()]);
      for (const each of closed) if (each.status === "rejected") throw each.reason;
    },
  };
}
