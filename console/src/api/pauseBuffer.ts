/** Holds back what comes while it is paused. */
export interface PauseBuffer<Item> {
  push(items: Item[]): void;
  pause(): void;
  /** Passes on what was held, in order. */
  resume(): void;
  held(): number;
  /** Held items that had to go, the oldest first, since the pause began. */
  dropped(): number;
}

/** `pass` gets items in the order in which they came; at most `maxHeld` wait. */
export function pauseBuffer<Item>(maxHeld: number, pass: (items: Item[]) => void): PauseBuffer<Item> {
  let isPaused = false;
  let held: Item[] = [];
  let dropped = 0;
  return {
    push(items) {
      if (!isPaused) return pass(items);
      held.push(...items);
      const excess = held.length - maxHeld;
      if (excess <= 0) return;
      dropped += excess;
      held = held.slice(excess);
    },
    pause() {
      if (!isPaused) dropped = 0;
      isPaused = true;
    },
    resume() {
      isPaused = false;
      const kept = held;
      held = [];
      if (kept.length > 0) pass(kept);
    },
    held: () => held.length,
    dropped: () => dropped,
  };
}
