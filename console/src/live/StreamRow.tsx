import { memo } from "react";
import { Link, useSearchParams } from "react-router";
import { correctionSource } from "../parts/correctionSource.ts";
import { SourceMark } from "../parts/SourceMark.tsx";
import { absoluteTime } from "../parts/timeText.ts";
import { railPages } from "../shell/pages.ts";
import { useSources } from "../sources/sourceQueries.ts";
import { words } from "../words/words.ts";
import { withOpened } from "./openEvent.ts";
import { Outcome } from "./Outcome.tsx";
import type { LiveRow } from "./rows.ts";
import { rowLink } from "./useLiveKeys.ts";
import { whoOf } from "./who.ts";

const text = words.live;
const hasCustomerPage = railPages.some(({ path }) => path === "/customers");
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", hourCycle: "h23" });

interface StreamRowProps {
  row: LiveRow;
  index: number;
  start: number;
  size: number;
  isOpen: boolean;
}

/** One delivery. The whole row opens it; the customer's name leads to the customer. */
export const StreamRow = memo(function StreamRow({ row, index, start, size, isOpen }: StreamRowProps) {
  const [search] = useSearchParams();
  const sources = useSources().data ?? [];
  const name = sources.find(({ id }) => id === row.source)?.name ?? row.source;
  const at = Date.parse(row.at);
  const joinText = row.source === correctionSource ? text.correctionRow : text.joinRow;
  const what = row.what ?? (row.status === null ? joinText : text.unnamed);
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      className={`liveRow atPlace ${row.status ?? "joined"} ${isOpen ? "isOpen" : ""}`}
      style={{ transform: `translateY(${start}px)`, blockSize: size }}
    >
      <div role="cell" className="rowTime numbers">
        <time dateTime={row.at} title={absoluteTime(at)}>
          {clock.format(at)}
        </time>
      </div>
      <div role="cell" className="rowSource">
        <SourceMark kind={row.sourceKind} label={name} />
      </div>
      <div role="cell" className="rowWhat">
        <Link
          to={{ search: withOpened(search, row).toString() }}
          replace={search.has("open")}
          preventScrollReset
          className="rowLink cut"
          title={what}
          aria-current={isOpen ? "true" : undefined}
          {...{ [rowLink]: row.key }}
        >
          {what}
        </Link>
      </div>
      <div role="cell" className="rowWho">
        <Customer row={row} />
      </div>
      <div role="cell" className="rowOutcome">
        <Outcome row={row} />
      </div>
    </div>
  );
});

function Customer({ row }: { row: LiveRow }) {
  const { profileId } = row;
  const who = whoOf(row);
  if (who === null) return <span className="dimmed">{text.nobody}</span>;
  const whole = who.type === null ? who.text : `${who.type} ${who.text}`;
  const shown = (
    <>
      {who.type !== null && <span className="meta">{who.type} </span>}
      {who.text}
    </>
  );
  if (profileId === null || !hasCustomerPage)
    return (
      <span className="cut" title={whole}>
        {shown}
      </span>
    );
  return (
    <Link
      to={`/customers/${encodeURIComponent(profileId)}`}
      className="customerLink cut"
      title={whole}
      aria-label={text.openCustomer(who.text)}
    >
      {shown}
    </Link>
  );
}
