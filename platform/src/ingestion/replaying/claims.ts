/** Refused messages that are being replayed: whoever claims one replays it, and nobody else does so meanwhile. */
export interface Claims {
  /** False: somebody else has it. */
  take(messageKey: string): boolean;
  release(messageKeys: Iterable<string>): void;
}

export function replayClaims(): Claims {
  const taken = new Set<string>();
  return {
    take: (key) => {
      if (taken.has(key)) return false;
      taken.add(key);
      return true;
    },
    release: (keys) => {
      for (const key of keys) taken.delete(key);
    },
  };
}
