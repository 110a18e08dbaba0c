import type { StoredRules } from "./identityAndProfiles.ts";

/** Every version of the identity rules that was published and decided; none is ever changed or taken away. */
export interface RulesVersions {
  /** The one that holds; null while none was published. */
  current(): Promise<StoredRules | null>;
  byNumber(number: number): Promise<StoredRules | null>;
  /** Greatest number first, below one where it is given; at most `limit`. */
  latest(wanted: { below: number | null; limit: number }): Promise<StoredRules[]>;
}
