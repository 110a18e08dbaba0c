import type { EventBufferReader } from "../../buffer/eventBuffer.ts";
import type { IdentityRules } from "../../identity/index.ts";
import type { FragmentId } from "../../model/fragment.ts";
import type { ProfileId } from "../../model/profile.ts";
import type { Fates } from "../../storage/fates.ts";
import type { WatchedPerson } from "./filter.ts";

/** What the stream asks of decided state and of the log, for the few records that are shown. */
export interface StreamReads {
  fates: Pick<Fates, "exceptionAt" | "duplicatesIn" | "processedAt">;
  log: EventBufferReader;
  profileIdOfFragment(id: FragmentId, at: number): Promise<ProfileId | null>;
  /** Null where nobody has the id. */
  person(id: ProfileId): Promise<WatchedPerson | null>;
  /** Those that hold now. */
  rules(): IdentityRules;
  /** What to call somebody in a list. */
  nameOf(id: ProfileId): Promise<string | null>;
}

const maxNames = 2_000;
/** A name that has just been asked for may be this old. */
const maxNameAgeMs = 10_000;

/** Names cost the reading of a whole profile: who acts often is looked up once in a while. */
export function rememberingNames(
  nameOf: (id: ProfileId) => Promise<string | null>,
  now: () => number,
): (id: ProfileId) => Promise<string | null> {
  const known = new Map<ProfileId, { name: string | null; until: number }>();
  return async (id) => {
    const before = known.get(id);
    if (before !== undefined && before.until > now()) return before.name;
    const name = await nameOf(id);
    known.delete(id);
    known.set(id, { name, until: now() + maxNameAgeMs });
    const oldest = known.keys().next();
    if (known.size > maxNames && oldest.done !== true) known.delete(oldest.value);
    return name;
  };
}
