import { IconCheck, IconClock, IconCopyCheck, IconUsersPlus, IconX } from "@tabler/icons-react";
import { countText } from "../parts/countText.ts";
import { words } from "../words/words.ts";
import { reasonText } from "./refusals.ts";
import type { LiveRow } from "./rows.ts";

const text = words.live;
const icons = { accepted: IconClock, processed: IconCheck, rejected: IconX, duplicate: IconCopyCheck };

/** What became of a delivery: an icon and a word, the colour only beside them. */
export function Outcome({ row }: { row: Pick<LiveRow, "status" | "join" | "latencyMs" | "reason" | "code"> }) {
  const { status, join, latencyMs, reason, code } = row;
  const Icon = status === null ? IconUsersPlus : icons[status];
  return (
    <span className="outcome" title={status === "rejected" && reason !== null ? reason : undefined}>
      <span className={`outcomeWord ${status ?? "joined"}`}>
        <Icon size={16} aria-hidden />
        {text.status[status ?? "joined"]}
      </span>
      {status === "processed" && latencyMs !== null && join === null && (
        <span className="meta numbers">{text.latency(countText(latencyMs))}</span>
      )}
      {status === "rejected" && <span className="cut">{code === null ? reason : reasonText(code)}</span>}
      {join !== null && <span className="joinBadge">{text.joinedCount(countText(join.retiredIds.length + 1))}</span>}
    </span>
  );
}
