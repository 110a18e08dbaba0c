import { correctionEdges } from "../../identity/index.ts";
import type { IdentifierKey } from "../../model/identifier.ts";
import { Problem } from "../../model/problem.ts";
import type { Nobodies } from "./nobodies.ts";
import { breathe, type RegroupingParts } from "./regrouping.ts";

/** What has to be resolved together: stored evidence components, and identifiers that join now. */
export interface Linked {
  components: number[];
  freed: IdentifierKey[];
}

/** More would hardly be rules that anybody means, and would have to be held at once. */
export const maxLinkedComponents = 20_000;
const turnEvery = 200;

/**
 * Stored components that identifiers which joined nobody, and do now, connect: by the fragments that hold them, and by
 * what was said of them. Everything else is connected as it was. Problem 422 `rules_join_too_many`.
 */
export async function linkFreed(nobodies: Nobodies, parts: RegroupingParts): Promise<Linked[]> {
  const sets = new Map<string, Linked>();
  const freed = [...nobodies.values()].filter(({ now }) => now.decision === "ordinary");
  for (const [index, { now, fragments }] of freed.entries()) {
    if (index % turnEvery === turnEvery - 1) await breathe(parts);
    const own: Linked = { components: [], freed: [now.key] };
    let set = unite(sets, [nameOf(now.key)], own);
    const { persons, keys } = await connected(now.key, now.person, fragments, nobodies, parts);
    for (const key of keys) set = unite(sets, [nameOf(now.key), nameOf(key)], { components: [], freed: [key] });
    for (const { component } of (await parts.everybody.persons(persons)).values()) {
      set = unite(sets, [nameOf(now.key), String(component)], { components: [component], freed: [] });
    }
    if (set.components.length > maxLinkedComponents) throw tooMany(now.key);
  }
  return [...new Set(sets.values())];
}

function nameOf(key: IdentifierKey): string {
  return `of ${key}`;
}

/** One set of all that are named; `added` is in it. */
function unite(sets: Map<string, Linked>, names: readonly string[], added: Linked): Linked {
  const known = new Set(names.flatMap((name) => sets.get(name) ?? []));
  const [largest = { components: [], freed: [] }, ...others] = [...known].sort((x, y) => sizeOf(y) - sizeOf(x));
  for (const { components, freed } of [...others, added]) {
    for (const component of components) take(sets, largest, largest.components, component, String(component));
    for (const key of freed) take(sets, largest, largest.freed, key, nameOf(key));
  }
  return largest;
}

function take<Of>(sets: Map<string, Linked>, set: Linked, list: Of[], item: Of, name: string): void {
  if (sets.get(name) === set) return;
  list.push(item);
  sets.set(name, set);
}

function sizeOf({ components, freed }: Linked): number {
  return components.length + freed.length;
}

/** Persons that an identifier meets, and others of its kind. */
async function connected(
  own: IdentifierKey,
  person: number,
  fragments: readonly string[],
  nobodies: Nobodies,
  { everybody }: RegroupingParts,
): Promise<{ persons: number[]; keys: IdentifierKey[] }> {
  const persons = new Set([person]);
  const met = new Set<IdentifierKey>();
  for (const fragment of await everybody.fragmentsOf(fragments)) {
    persons.add(fragment.person);
    for (const key of fragment.identifiers) if (nobodies.has(key)) met.add(key);
  }
  const stated = [...(await everybody.edges([own])), ...correctionEdges(await everybody.corrections([own]))];
  const ends = new Set(stated.flatMap(({ a, b }) => [a, b]));
  for (const row of (await everybody.identifiers([...ends])).values()) {
    if (row.decision === "ordinary") persons.add(row.person);
    else met.add(row.key);
  }
  persons.delete(0);
  met.delete(own);
  return { persons: [...persons], keys: [...met].filter((key) => nobodies.get(key)?.now.decision === "ordinary") };
}

function tooMany(key: IdentifierKey): Problem {
  const type = key.slice(0, key.indexOf(":"));
  const message = `These rules make identifiers join that are seen with everybody (one is a ${type}): they would hang together more than ${maxLinkedComponents} people's evidence.`;
  return new Problem(422, "rules_join_too_many", message, {
    hint: "Lower hubThreshold, sharedDeviceLogins or crowdThreshold, or block the values.",
  });
}
