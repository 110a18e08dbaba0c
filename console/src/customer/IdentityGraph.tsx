import { Controls, type Edge as FlowEdge, ReactFlow } from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { useComputedColorScheme } from "@mantine/core";
import { useMemo } from "react";
import { words } from "../words/words.ts";
import { confidenceText } from "./confidenceText.ts";
import { largeNodeWidth, linksOf, placed } from "./graphLayout.ts";
import { beside, type IdentifierNode, nodeTypes, type RecordNode } from "./graphNodes.tsx";
import { nodeSize } from "./graphSizes.ts";
import { pairAt } from "./graphWalk.ts";
import type { Edge } from "./joins.ts";
import { type FoldedPicture, valueOf } from "./records.ts";
import { useSourceMarks } from "./sourceMarks.ts";
import { useWalk } from "./useWalk.ts";

const text = words.customer.identity;

interface GraphProps {
  folded: FoldedPicture;
  refused: readonly Edge[];
  picked: readonly (string | null)[];
  onPick: (key: string) => void;
  onAsk: (a: string, b: string) => void;
  /** Of a node, in pixels. */
  height: number;
  /** It has the whole window: wider nodes, and it can be moved and zoomed. */
  isLarge?: boolean;
}

/**
 * Records on the left, what identifies them on the right. Pressing two identifiers, or a record, asks why they are one
 * person; so does Enter after arrows that went along edges.
 */
export function IdentityGraph({ folded, refused, picked, onPick, onAsk, height, isLarge = false }: GraphProps) {
  const markOf = useSourceMarks();
  const scheme = useComputedColorScheme("light");
  const width = isLarge ? largeNodeWidth : nodeSize.width;
  const placedNodes = useMemo(() => placed(folded, { width, height }), [folded, width, height]);
  const places = useMemo(() => new Map(placedNodes.map(({ id, x, y }) => [id, { x, y }])), [placedNodes]);
  const links = useMemo(() => linksOf(folded, refused), [folded, refused]);
  const { walk, onKeyDown, startAt, area } = useWalk({ folded, placedNodes, links, onAsk });
  const pressRecord = (id: string): void => {
    startAt(id);
    const pair = pairAt({ at: id, via: null, origin: null }, folded);
    const only = folded.records.find((record) => record.id === id)?.links[0]?.identifier;
    if (pair !== null) onAsk(...pair);
    else if (only !== undefined) onPick(only);
  };
  const pressIdentifier = (key: string): void => (startAt(key), onPick(key));
  const isWalked = (from: string, to: string): boolean =>
    (walk.via === from && walk.at === to) || (walk.via === to && walk.at === from);
  const edges = links.map(({ id, from, to, look, confidence }): FlowEdge => ({
    id,
    source: from,
    target: to,
    className: `link ${look} ${isWalked(from, to) ? "walked" : ""}`,
    ...(look === "refused" ? { targetHandle: beside, ...(isLarge ? { label: text.refused } : {}) } : {}),
    ...(look === "weak" && confidence !== null ? { label: confidenceText(confidence) } : {}),
    focusable: false,
  }));
  return (
    <ReactFlow
      ref={area}
      className="identityGraph"
      onKeyDown={onKeyDown}
      disableKeyboardA11y
      aria-label={text.graphLabel}
      colorMode={scheme}
      nodes={nodesOf({ folded, picked, places, at: walk.at, width, height, markOf, pressRecord, pressIdentifier })}
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

interface NodeParts extends Pick<GraphProps, "folded" | "picked"> {
  places: ReadonlyMap<string, { x: number; y: number }>;
  /** Where the keyboard is. */
  at: string;
  width: number;
  height: number;
  markOf: ReturnType<typeof useSourceMarks>;
  pressRecord: (id: string) => void;
  pressIdentifier: (key: string) => void;
}

function nodesOf({ folded, picked, places, at, width, height, markOf, pressRecord, pressIdentifier }: NodeParts) {
  const placeOf = (id: string) => ({ position: places.get(id) ?? { x: 0, y: 0 }, width, height });
  const records = folded.records.map(({ id, source, name, folded: away }): RecordNode => ({
    id,
    type: "record",
    ...placeOf(id),
    data: {
      mark: markOf(source),
      name: valueOf(name),
      folded: away,
      isAt: at === id,
      onPress: () => pressRecord(id),
    },
  }));
  const identifiers = folded.identifiers.map(({ key, decision }): IdentifierNode => ({
    id: key,
    type: "identifier",
    ...placeOf(key),
    data: {
      name: key,
      decision,
      isPicked: picked.includes(key),
      isAt: at === key,
      onPress: () => pressIdentifier(key),
    },
  }));
  return [...records, ...identifiers];
}
