import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import { fieldName } from "../customers/matchText.ts";
import { countText } from "../parts/countText.ts";
import { SourceMark } from "../parts/SourceMark.tsx";
import { words } from "../words/words.ts";
import { typeOf, valueOf } from "./records.ts";
import type { MarkedSource } from "./sourceMarks.ts";

const text = words.customer.identity;

/** `isAt`: the keyboard is there, or would come there by Tab. */
type Stop = { isAt: boolean; onPress: () => void };
export type RecordNode = Node<Stop & { mark: MarkedSource; name: string; folded: number }, "record">;
export type IdentifierNode = Node<
  Stop & { name: string; decision: keyof typeof text.decision; isPicked: boolean },
  "identifier"
>;

/** Refused evidence ties identifier and identifier: on their outer side. */
export const beside = "beside";
export const nodeTypes = { record: RecordCard, identifier: IdentifierCard };

function RecordCard({ id, data: { mark, name, folded, isAt, onPress } }: NodeProps<RecordNode>) {
  return (
    <button
      type="button"
      className="graphNode recordNode nopan"
      title={name}
      data-stop={id}
      tabIndex={isAt ? 0 : -1}
      onClick={onPress}
    >
      <SourceMark {...mark} />
      <span className="cut meta">{folded > 0 ? text.folded(countText(folded)) : name}</span>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </button>
  );
}

function IdentifierCard({ id, data: { name, decision, isPicked, isAt, onPress } }: NodeProps<IdentifierNode>) {
  return (
    <button
      type="button"
      className={`graphNode identifierNode nopan ${decision}`}
      aria-pressed={isPicked}
      title={`${fieldName(typeOf(name))} ${valueOf(name)} ${text.decision[decision]}`}
      data-stop={id}
      tabIndex={isAt ? 0 : -1}
      onClick={onPress}
    >
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <Handle type="source" position={Position.Right} isConnectable={false} />
      <Handle type="target" id={beside} position={Position.Right} isConnectable={false} />
      <span className="cut meta">
        {fieldName(typeOf(name))} {text.decision[decision]}
      </span>
      <bdi className="cut">{valueOf(name)}</bdi>
    </button>
  );
}
