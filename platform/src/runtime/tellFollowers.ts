import type { Deciding } from "../adapters/embedded/pace.ts";

/** Followers gather for longer than this before they begin. */
const tellEveryMs = 25;
/** Whoever was told that deciding needs the processor hears within this when it does no more. */
const lookAgainMs = 250;

export interface FollowerTelling {
  /** Something was decided. */
  decided(): void;
  close(): void;
}

/**
 * Tells followers that there is something to follow, and how much deciding needs of the processor: at once after a pause,
 * then at most every 25 ms however small and many the decisions are, since each telling wakes every follower's thread.
 */
export function followerTelling(advance: (deciding: Deciding) => void, deciding: () => Deciding): FollowerTelling {
  let timer: NodeJS.Timeout | null = null;
  let isUntold = false;
  let told: Deciding = "idle";
  const tell = (): void => {
    if (timer !== null) clearTimeout(timer);
    isUntold = false;
    told = deciding();
    advance(told);
    timer = setTimeout(next, told === "idle" ? tellEveryMs : lookAgainMs).unref();
  };
  const next = (): void => {
    timer = null;
    if (isUntold || told !== "idle") tell();
  };
  return {
    decided: () => {
      isUntold = true;
      if (timer === null || (told !== "idle" && deciding() === "idle")) tell();
    },
    close: () => {
      if (timer !== null) clearTimeout(timer);
    },
  };
}
