import { type KeyboardEvent, useRef, useState } from "react";
import type { DrawnLink, PlacedNode } from "./graphLayout.ts";
import { isArrow, pairAt, type Walk, walked } from "./graphWalk.ts";
import type { FoldedPicture } from "./records.ts";

interface WalkParts {
  folded: FoldedPicture;
  placedNodes: readonly PlacedNode[];
  links: readonly DrawnLink[];
  onAsk: (a: string, b: string) => void;
}

/** One stop of Tab for the whole graph; arrows go on from there, Enter asks. */
export function useWalk({ folded, placedNodes, links, onAsk }: WalkParts) {
  const area = useRef<HTMLDivElement>(null);
  const first = folded.identifiers[0]?.key ?? "";
  const [kept, setWalk] = useState<Walk>({ at: first, via: null, origin: null });
  // Who is looked at may change under the keyboard.
  const walk = placedNodes.some(({ id }) => id === kept.at) ? kept : { at: first, via: null, origin: null };
  const startAt = (id: string): void => setWalk({ at: id, via: null, origin: null });
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.metaKey || event.ctrlKey || event.altKey || event.shiftKey) return;
    const focused = event.target instanceof HTMLElement ? event.target.dataset["stop"] : undefined;
    if (focused === undefined) return;
    const from = focused === walk.at ? walk : { at: focused, via: null, origin: null };
    if (event.key === "Enter") {
      const pair = from.via === null && from.origin === null ? null : pairAt(from, folded);
      if (pair === null) return;
      onAsk(...pair);
    } else if (isArrow(event.key)) {
      const next = walked(from, event.key, placedNodes, links);
      if (next !== null) {
        setWalk(next);
        const stops = area.current?.querySelectorAll<HTMLElement>("[data-stop]") ?? [];
        [...stops].find((stop) => stop.dataset["stop"] === next.at)?.focus();
      }
    } else return;
    event.preventDefault();
  };
  return { walk, onKeyDown, startAt, area };
}
