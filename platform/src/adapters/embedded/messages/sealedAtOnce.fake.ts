import type { EmbeddedMessageIndex } from "./messageIndex.ts";

/** What seals beside decisions is waited for: so it fails, and is cut short, where the test says. */
export function sealedAtOnce(index: EmbeddedMessageIndex): EmbeddedMessageIndex {
  return {
    ...index,
    remember: async (entries) => {
      await index.remember(entries);
      await index.sealed();
    },
  };
}
