import type { Edge, ResolvedEdge } from "../model/evidence.ts";
import { isoTime } from "../model/isoTime.ts";
import type { CorrectionEdge } from "./corrections.ts";
import { rulesOfType, type IdentityRules } from "./rules.ts";

/** Why an edge joins nobody, in a machine's and in a person's words. Quotes no value. */
export type Refusal = NonNullable<ResolvedEdge["reason"]>;

export function limitRefusal(type: string, rules: IdentityRules): Refusal {
  const { kind, limit } = rulesOfType(type, rules);
  const message =
    kind === "unique"
      ? `A person has one ${type}, and surer or earlier evidence already gave each side its own (rule: ${type} is unique).`
      : `A person has at most ${limit} of ${type}, and surer or earlier evidence came first (rule: limit of ${type}).`;
  return { code: "limit", message };
}

export function bridgeRefusal({ link, type }: { link: string; type: string }): Refusal {
  const message =
    `By ${link} alone, two who each have their own ${type} do not become one person: several people may use it ` +
    `(rule: ${link} does not bridge).`;
  return { code: "bridge", message };
}

export function apartRefusal(edge: CorrectionEdge | null): Refusal | null {
  return edge === null ? null : { code: "apart", message: apartReason(edge), correctionId: edge.firstMessageId };
}

export function capRefusal({ maxEvidenceIdentifiers }: IdentityRules): Refusal {
  const message =
    `At most ${maxEvidenceIdentifiers} identifiers may hang together by evidence, and with what else leads on ` +
    `from here they would be more; surer evidence came first (rule: maxEvidenceIdentifiers).`;
  return { code: "cap", message };
}

/** In a person's words, naming the correction. Quotes no value. */
function apartReason({ firstAt, firstMessageId }: Edge): string {
  const day = isoTime(firstAt).slice(0, 10);
  return `Somebody said on ${day} that this would join two people (rule: kept apart by correction ${firstMessageId}).`;
}
