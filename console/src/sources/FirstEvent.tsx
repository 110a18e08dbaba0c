import { Loader } from "@mantine/core";
import { IconCircleCheck } from "@tabler/icons-react";
import { useRef } from "react";
import { words } from "../words/words.ts";
import type { SourceWithHealth } from "./sourceHealth.ts";
import { useLatestEvents } from "./sourceQueries.ts";
import { type SourceRecord, useNewestRecord } from "./sourceRecords.ts";

const text = words.sources;
const waitingPollMs = 1_500;

/** Waits for a source's first event, and says when it is there; nothing for a source that has sent before. */
export function FirstEvent({ source: { id, enabled, health } }: { source: SourceWithHealth }) {
  const hasWaited = useRef(health.lastEventAt === null);
  if (!hasWaited.current) return null;
  return <Waiting id={id} isEnabled={enabled} />;
}

function Waiting({ id, isEnabled }: { id: string; isEnabled: boolean }) {
  const latest = useLatestEvents(id, waitingPollMs);
  const live = useNewestRecord(id);
  const first = latest.data?.at(-1)?.what ?? (live?.status === "rejected" ? undefined : live?.what);
  if (first !== undefined) {
    return (
      <div className="waiting" role="status">
        <IconCircleCheck size={20} color="var(--c360-ok)" aria-hidden />
        <p>
          <strong>{text.arrived}</strong>: {first}
        </p>
      </div>
    );
  }
  return (
    <div className="waiting" role="status">
      {isEnabled && <Loader size={20} aria-hidden />}
      <div>
        <p>
          <strong>{isEnabled ? text.waiting : text.waitingDisabled}</strong>
        </p>
        {isEnabled && <p className="dimmed">{text.waitingHint}</p>}
        {live?.status === "rejected" && <Refused record={live} />}
      </div>
    </div>
  );
}

/** Something came and was refused: what to mend. */
function Refused({ record: { what, reason } }: { record: SourceRecord }) {
  return (
    <p className="bad">
      {text.refusedOne(what)}
      {reason !== null && `: ${reason}`}
    </p>
  );
}
