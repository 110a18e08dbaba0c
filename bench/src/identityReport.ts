import type { EvidenceComponents } from "./evidenceComponents.ts";
import type { PairScore } from "./pairScore.ts";
import type { RetailTruth } from "./retailTruth.ts";
import type { Cause, Split } from "./scoreCauses.ts";

export interface Options {
  customers: number;
  days: number;
  seed: number;
  samples: number;
  json: string | null;
  dir: string | null;
}

/** What `c360 simulate --json` tells. */
export interface Simulated {
  start: string;
  events: number;
  sentMs: number;
  elapsedMs: number;
}

export interface Scored {
  score: PairScore;
  /** Identifiers that SQL does not show: they have no profile. */
  unknown: number;
  sharedInProfiles: number;
  mixedProfiles: { profile: number; people: number[] }[];
  splitPeople: { person: number; profiles: number }[];
  falsePairs: Cause[];
  splits: Split[];
}

export function report(
  options: Options,
  truth: RetailTruth,
  sent: Simulated,
  result: Scored & { lost: Cause[]; evidence: EvidenceComponents },
  profiles: Map<string, string>,
): void {
  const { score, mixedProfiles, splitPeople, falsePairs, lost, evidence } = result;
  const perS = (ms: number): string => Math.round((sent.events / ms) * 1_000).toLocaleString("en-US");
  const atHome = mixedProfiles.filter(({ people }) => new Set(people.map(truth.householdOf)).size === 1).length;
  const percent = (part: number): string => `${(part * 100).toFixed(3)} %`;
  process.stdout.write(`
${options.customers.toLocaleString("en-US")} customers, ${options.days} days, seed ${options.seed}: ${sent.events.toLocaleString("en-US")} events
acknowledged       ${perS(sent.sentMs)} events/s
the whole way      ${perS(sent.elapsedMs)} events/s, until profiles and SQL had them
identifiers        ${truth.keys.length} of one person each, ${truth.shared.length} shared by design (left out of the pairs)
precision          ${percent(score.precision)} of ${score.joinedPairs} joined pairs
recall             ${percent(score.knowableRecall)} of ${score.knowablePairs} pairs that a chain of true, unshared evidence connects
recall of all      ${percent(score.recall)} of ${score.truePairs} pairs of one person, those that no event connects too
false pairs        ${causes(falsePairs)}
lost pairs         ${causes(lost)}
mixed profiles     ${mixedProfiles.length} hold identifiers of several people, ${atHome} of them of one household
split people       ${splitPeople.length} are in several profiles
evidence           ${components(evidence)}
a late edge        ${lateEdges(evidence)}
`);
  for (const { profile, people } of mixedProfiles.slice(0, options.samples)) {
    process.stdout.write(`\nprofile ${profile} mixes people ${people.join(", ")}\n`);
    for (const person of people) process.stdout.write(`${described(truth, profiles, person)}\n`);
  }
  for (const { person } of lostKnowable(truth, profiles).slice(0, options.samples)) {
    process.stdout.write(
      `\nperson ${person} is split, though evidence connects it:\n${described(truth, profiles, person)}\n`,
    );
  }
}

function components({ components: count, identifiers: { p50, p99, max } }: EvidenceComponents): string {
  return `${count} components of ${p50} identifiers (p50), ${p99} (p99), ${max} (largest)`;
}

function lateEdges({ lateEdgeMs }: EvidenceComponents): string {
  const each = lateEdgeMs.map(
    ({ identifiers, p50, p99 }) => `${p50.toFixed(2)} / ${p99.toFixed(2)} ms among ${identifiers} identifiers`,
  );
  return `that is first in the order costs the processor (p50 / p99) ${each.join(", ")}`;
}

function causes(listed: readonly Cause[]): string {
  if (listed.length === 0) return "none";
  return listed.map(({ name, pairs }) => `${pairs} ${name}`).join("\n                   ");
}

/** People of whom the evidence says more than the platform found. */
function lostKnowable(truth: RetailTruth, profiles: Map<string, string>): { person: number }[] {
  const homes = new Map<number, string | undefined>();
  const lost = new Set<number>();
  for (const [index, key] of truth.keys.entries()) {
    const connected = truth.evidence[index] ?? 0;
    const home = profiles.get(key);
    if (!homes.has(connected)) homes.set(connected, home);
    else if (homes.get(connected) !== home) lost.add(truth.person[index] ?? 0);
  }
  return [...lost].map((person) => ({ person }));
}

function described(truth: RetailTruth, profiles: Map<string, string>, person: number): string {
  return truth.keys
    .flatMap((key, index) =>
      truth.person[index] === person ? [`  ${person}  ${profiles.get(key) ?? "-"}  ${key}`] : [],
    )
    .join("\n");
}
