import { Button, Checkbox, SegmentedControl } from "@mantine/core";
import { useState } from "react";
import { countText } from "../parts/countText.ts";
import { NextPage } from "../parts/NextPage.tsx";
import { Panel } from "../parts/Panel.tsx";
import { Time } from "../parts/Time.tsx";
import { words } from "../words/words.ts";
import { type Cause, type RefusedCall, useCalls } from "./rejectQueries.ts";

const text = words.rejects;
const reservedHeight = 360;
const rowHeight = { wide: 45, phone: 97 };
/** Of one replay. */
const maxChosen = 1_000;

interface CallsProps {
  cause: Cause;
  chosen: ReadonlySet<string>;
  onChoose: (chosen: ReadonlySet<string>) => void;
  /** Message id of the call that stands open. */
  opened: string | null;
  onOpen: (messageId: string) => void;
  onReplay: () => void;
}

/** The calls of a cause: to look at, to mend one by one, to choose some. */
export function CallsPanel({ cause, chosen, onChoose, opened, onOpen, onReplay }: CallsProps) {
  const [state, setState] = useState<"open" | "all">("open");
  const calls = useCalls(cause.id, state);
  const items = calls.data?.pages.flatMap((page) => page.items);
  const actions = (
    <div className="callsActions">
      {chosen.size > 0 && (
        <Button h="var(--c360-target)" onClick={onReplay}>
          {text.replaySome(countText(chosen.size))}
        </Button>
      )}
      <SegmentedControl
        size="xs"
        aria-label={text.callsShown}
        data={[
          { value: "open", label: text.callsOpen },
          { value: "all", label: text.callsAll },
        ]}
        value={state}
        onChange={(value) => setState(value === "all" ? "all" : "open")}
      />
    </div>
  );
  return (
    <Panel
      title={text.callsTitle}
      actions={actions}
      query={{ ...calls, data: items }}
      height={reservedHeight}
      rowHeight={rowHeight}
      isEmpty={(all) => all.length === 0}
      empty={<p>{text.callsEmpty}</p>}
    >
      {(all) => (
        <>
          <CallTable calls={all} chosen={chosen} onChoose={onChoose} opened={opened} onOpen={onOpen} />
          <NextPage query={calls} label={text.moreCalls} />
        </>
      )}
    </Panel>
  );
}

type TableProps = Pick<CallsProps, "chosen" | "onChoose" | "opened" | "onOpen"> & { calls: readonly RefusedCall[] };

function CallTable({ calls, chosen, onChoose, opened, onOpen }: TableProps) {
  const open = calls.filter(({ state }) => state === "open").map(({ messageId }) => messageId);
  const isAll = open.length > 0 && open.every((id) => chosen.has(id));
  const { callColumns } = text;
  const toggle = (id: string): void => {
    const next = new Set(chosen);
    if (!next.delete(id) && next.size < maxChosen) next.add(id);
    onChoose(next);
  };
  return (
    <>
      <Checkbox
        className="chooseAll"
        label={text.chooseAll}
        checked={isAll}
        indeterminate={!isAll && chosen.size > 0}
        disabled={open.length === 0}
        onChange={() => onChoose(isAll ? new Set() : new Set(open.slice(0, maxChosen)))}
      />
      <table className="plainTable callsTable">
        <thead>
          <tr>
            <td />
            <th scope="col">{callColumns.what}</th>
            <th scope="col">{callColumns.received}</th>
            <th scope="col">{callColumns.state}</th>
          </tr>
        </thead>
        <tbody>
          {calls.map((call) => (
            <CallRow
              key={`${call.messageId} ${call.receivedAt}`}
              call={call}
              isChosen={chosen.has(call.messageId)}
              onToggle={() => toggle(call.messageId)}
              isOpened={opened === call.messageId}
              onOpen={() => onOpen(call.messageId)}
            />
          ))}
        </tbody>
      </table>
    </>
  );
}

interface RowProps {
  call: RefusedCall;
  isChosen: boolean;
  onToggle: () => void;
  isOpened: boolean;
  onOpen: () => void;
}

function CallRow({
  call: { messageId, receivedAt, state, field, reason },
  isChosen,
  onToggle,
  isOpened,
  onOpen,
}: RowProps) {
  return (
    <tr aria-current={isOpened ? "true" : undefined}>
      <td>
        <Checkbox
          aria-label={text.choose(messageId)}
          checked={isChosen}
          disabled={state !== "open"}
          onChange={onToggle}
        />
      </td>
      <td>
        <div className="namedCell">
          <button type="button" className="callLink mono" onClick={onOpen}>
            {messageId}
          </button>
          <span className="meta">{field === null ? reason : `${field}: ${reason}`}</span>
        </div>
      </td>
      <td data-label={text.callColumns.received}>
        <Time at={receivedAt} />
      </td>
      <td>
        <span className={state === "open" ? "bad" : ""}>{text.callStates[state]}</span>
      </td>
    </tr>
  );
}
