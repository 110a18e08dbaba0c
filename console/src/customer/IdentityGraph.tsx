import { Controls, Handle, type Node, type NodeProps, Position, ReactFlow, type Edge as FlowEdge } from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { useComputedColorScheme } from "@mantine/core";
import { useMemo } from "react";
import { fieldName } from "../customers/matchText.ts";
import { countText } from "../parts/countText.ts";
import { SourceMark } from "../parts/SourceMark.tsx";
import { words } from "../words/words.ts";
import { largeNodeWidth, linksOf, nodeSize, placed } from "./graphLayout.ts";
import { confidenceText } from "./confidenceText.ts";
import type { Edge } from "./joins.ts";
import { type FoldedPicture, typeOf, valueOf } from "./records.ts";
import { type MarkedSource, useSourceMarks } from "./sourceMarks.ts";

const text = words.customer.identity;

type RecordNode = Node<{ mark: MarkedSource; name: string; folded: number }, "record">;
type IdentifierNode = Node<
  { name: string; decision: keyof typeof text.decision; isPicked: boolean; onPick: () => void },
  "identifier"
>;

/** Refused evidence ties identifier and identifier: on their outer side. */
const beside = "beside";
const nodeTypes = { record: RecordCard, identifier: IdentifierCard };

interface GraphProps {
  folded: FoldedPicture;
  refused: readonly Edge[];
  picked: readonly (string | null)[];
  onPick: (key: string) => void;
  /** It has the whole window: wider nodes, and it can be moved and zoomed. */
  isLarge?: boolean;
}

/** Records on the left, what identifies them on the right. Pressing two identifiers asks why they are one person. */
export function IdentityGraph({ folded, refused, picked, onPick, isLarge = false }: GraphProps) {
  const markOf = useSourceMarks();
  const scheme = useComputedColorScheme("light");
  const width = isLarge ? largeNodeWidth : nodeSize.width;
  const places = useMemo(() => new Map(placed(folded, width).map(({ id, x, y }) => [id, { x, y }])), [folded, width]);
  const at = (id: string) => ({ position: places.get(id) ?? { x: 0, y: 0 }, width, height: nodeSize.height });
  const nodes: (RecordNode | IdentifierNode)[] = [
    ...folded.records.map(({ id, source, name, folded: away }): RecordNode => ({
      id,
      type: "record",
      ...at(id),
      data: { mark: markOf(source), name: valueOf(name), folded: away },
    })),
    ...folded.identifiers.map(({ key, decision }): IdentifierNode => ({
      id: key,
      type: "identifier",
      ...at(key),
      data: { name: key, decision, isPicked: picked.includes(key), onPick: () => onPick(key) },
    })),
  ];
  const edges = linksOf(folded, refused).map(({ id, from, to, look, confidence }): FlowEdge => ({
    id,
    source: from,
    target: to,
    className: `link ${look}`,
    ...(look === "refused" ? { targetHandle: beside, ...(isLarge ? { label: text.refused } : {}) } : {}),
    ...(look === "weak" && confidence !== null ? { label: confidenceText(confidence) } : {}),
    focusable: false,
  }));
  return (
    <ReactFlow
      className="identityGraph"
      aria-label={text.graphLabel}
      colorMode={scheme}
      nodes={nodes}
      edges={edges}
      nodeTypes={nodeTypes}
      nodesDraggable={false}
      nodesConnectable={false}
      nodesFocusable={false}
      edgesFocusable={false}
      elementsSelectable={false}
      zoomOnScroll={false}
      preventScrolling={false}
      panOnDrag={isLarge}
      zoomOnPinch={isLarge}
      zoomOnDoubleClick={isLarge}
      minZoom={0.2}
      maxZoom={2}
      fitView
      fitViewOptions={{
        padding: isLarge ? 0.05 : { y: "4px", left: "4px", right: refused.length > 0 ? "20px" : "4px" },
        maxZoom: 1,
      }}
      proOptions={{ hideAttribution: true }}
    >
      {isLarge && <Controls showInteractive={false} />}
    </ReactFlow>
  );
}

function RecordCard({ data: { mark, name, folded } }: NodeProps<RecordNode>) {
  return (
    <div className="graphNode recordNode" title={name}>
      <SourceMark {...mark} />
      <span className="cut meta">{folded > 0 ? text.folded(countText(folded)) : name}</span>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  );
}

function IdentifierCard({ data: { name, decision, isPicked, onPick } }: NodeProps<IdentifierNode>) {
  return (
    <button
      type="button"
      className={`graphNode identifierNode nopan ${decision}`}
      aria-pressed={isPicked}
      title={`${fieldName(typeOf(name))} ${valueOf(name)} ${text.decision[decision]}`}
      onClick={onPick}
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
