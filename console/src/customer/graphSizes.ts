/** On a phone a node is as high as a finger wants it. Pixels. */
export const nodeSize = { width: 112, height: { wide: 34, phone: 44 } };
export const graphGap = { between: 8, across: 32 };

/** From a row to the next. */
export function rowPixelsOf(nodeHeight: number): number {
  return nodeHeight + graphGap.between;
}
