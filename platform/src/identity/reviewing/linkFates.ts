import { lastLinked, pairName } from "../../model/correction.ts";
import type { Links } from "../../storage/corrections.ts";
import type { StoredLink } from "../../storage/identityAndProfiles.ts";
import type { People } from "../../storage/people.ts";
import { edgesAround } from "../around.ts";
import type { IdentityRules } from "../rules.ts";

/** What became of a link. */
export interface LinkFate {
  /** `withdrawn`: by somebody; `refused`: it stands, but may not join anybody. */
  status: "in_effect" | "withdrawn" | "refused";
  /** Why it was refused, in words. */
  explanation: string | null;
}

export interface LinkFateParts {
  people: Pick<People, "evidenceAround">;
  links: Pick<Links, "of">;
  /** Until others are published. */
  rules: IdentityRules;
}

/** Of each, in the same order. */
export async function linkFates(links: readonly StoredLink[], parts: LinkFateParts): Promise<LinkFate[]> {
  const held = new Set((await standing(links, parts.links)).map(({ id }) => id));
  const edges = await edgesAround(endsOf(links.filter(({ id }) => held.has(id))), parts);
  const reasons = new Map(edges.map((edge) => [edge.firstMessageId, edge.reason]));
  return links.map(({ id }) => {
    if (!held.has(id)) return { status: "withdrawn", explanation: null };
    const reason = reasons.get(id) ?? null;
    return { status: reason === null ? "in_effect" : "refused", explanation: reason?.message ?? null };
  });
}

/** Those of which nothing later was said. */
export async function standing(found: readonly StoredLink[], links: Pick<Links, "of">): Promise<StoredLink[]> {
  const last = lastLinked(await links.of(endsOf(found)));
  return found.filter((link) => last.get(pairName(link))?.id === link.id);
}

function endsOf(links: readonly { a: string; b: string }[]): string[] {
  return [...new Set(links.flatMap(({ a, b }) => [a, b]))];
}
