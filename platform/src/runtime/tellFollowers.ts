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
 * Tells followers that there is something to follow, and whether deciding needs the processor: at once after a pause,
 * then at most every 25 ms however small and many the decisions are, since each telling wakes every follower's thread.
 */
export function followerTelling(advance: (isBusy: boolean) => void, isBusy: () => boolean): FollowerTelling {
  let timer: NodeJS.Timeout | null = null;
  let isUntold = false;
  let isToldBusy = false;
  const tell = (): void => {
    if (timer !== null) clearTimeout(timer);
    isUntold = false;
    isToldBusy = isBusy();
    advance(isToldBusy);
    timer = setTimeout(next, isToldBusy ? lookAgainMs : tellEveryMs).unref();
  };
  const next = (): void => {
    timer = null;
    if (isUntold || isToldBusy) tell();
  };
  return {
    decided: () => {
      isUntold = true;
      if (timer === null || (isToldBusy && !isBusy())) tell();
    },
    close: () => {
      if (timer !== null) clearTimeout(timer);
    },
  };
}
