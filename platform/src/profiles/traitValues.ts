import type { JsonValue } from "../model/event.ts";
import type { FragmentState, TraitValue } from "../model/fragment.ts";
import { isoTime } from "../model/isoTime.ts";
import type { ProfileId, TraitHistory } from "../model/profile.ts";
import type { People } from "../storage/people.ts";
import type { Analytics, TimelineEvent, TimelineQuery } from "../storage/timeline.ts";
import { isLater, isNamedTrait, traitsIn } from "./fold.ts";

/** Identify calls that are read for one person, the latest. */
const maxIdentifies = 5_000;
const pageIdentifies = 1_000;

export interface TraitValues {
  items: TraitHistory[];
  /** False where only the latest identify calls were read. */
  isWhole: boolean;
  /** UTC ms: of the values that lost. The profile's own are current. */
  asOf: number;
}

/** Null when there is no such profile; a retired id answers with the living one's. */
export function traitValueReads({ people, analytics }: { people: People; analytics: Pick<Analytics, "timeline"> }) {
  const identifiesOf = async (fragments: TimelineQuery["fragments"]) => {
    const identifies: TimelineEvent[] = [];
    const query = { fragments, type: "identify", limit: pageIdentifies };
    let page = await analytics.timeline(query);
    for (;;) {
      identifies.push(...page.items);
      const { next, asOf } = page;
      if (next === null || identifies.length >= maxIdentifies) return { identifies, isWhole: next === null, asOf };
      page = await analytics.timeline({ ...query, after: next });
    }
  };
  return async (id: ProfileId): Promise<TraitValues | null> => {
    const record = await people.byProfileId(id);
    if (record === null) return null;
    const { identifies, ...rest } = await identifiesOf((await people.fragmentsOf(id)) ?? []);
    return { items: traitHistory(record.fragments, identifies), ...rest };
  };
}

type Identify = Pick<TimelineEvent, "source" | "messageId" | "occurredAt" | "properties" | "context">;

/**
 * What each source says of each trait: its latest value, by the order that decides the profile's own. The first value
 * is the profile's; null there hides the trait. `identifies`: the person's identify calls that could be read; what a
 * fragment has kept counts as well, so that the first is right even where the calls are cut off or not there yet.
 */
export function traitHistory(fragments: readonly FragmentState[], identifies: readonly Identify[]): TraitHistory[] {
  const byName = new Map<string, Map<string, TraitValue>>();
  const put = (name: string, value: TraitValue): void => {
    const bySource = byName.get(name) ?? new Map<string, TraitValue>();
    const held = bySource.get(value.source);
    if (held === undefined || isLater(value, held)) bySource.set(value.source, value);
    byName.set(name, bySource);
  };
  for (const { traits } of fragments) for (const [name, value] of Object.entries(traits)) put(name, value);
  for (const call of identifies) for (const [name, value] of traitsOf(call)) put(name, { ...written(call), value });
  return [...byName]
    .map(([name, bySource]) => ({
      name,
      values: [...bySource.values()]
        .sort((a, b) => (isLater(a, b) ? -1 : 1))
        .map(({ value, source, messageId, occurredAt }) => ({
          value,
          source,
          messageId,
          occurredAt: isoTime(occurredAt),
        })),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function traitsOf({ properties, context }: Identify): [string, JsonValue][] {
  const inContext = context["traits"];
  const fromContext =
    typeof inContext === "object" && inContext !== null && !Array.isArray(inContext) ? inContext : null;
  return [...traitsIn(properties, fromContext)].filter(([name, value]) => isNamedTrait(name, value));
}

function written({ source, messageId, occurredAt }: Identify): Omit<TraitValue, "value"> {
  return { source, messageId, occurredAt };
}
