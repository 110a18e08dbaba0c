import { correctionEdges, probableEdges } from "../../identity/index.ts";
import type { IdentifierKey } from "../../model/identifier.ts";
import { Problem } from "../../model/problem.ts";
import type { Page } from "../../storage/everybody.ts";
import type { Nobodies } from "./nobodies.ts";
import { breathe, mostAliases, pageRows, type RegroupingParts } from "./regrouping.ts";

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
 * what was said of them; and those that the cap parted, as other rules cut elsewhere. Everything else is connected as it
 * was. Problem 422 `rules_join_too_many`.
 */
export async function linkComponents(nobodies: Nobodies, parts: RegroupingParts): Promise<Linked[]> {
  const sets = new Map<string, Linked>();
  await linkParted(sets, parts);
  await linkFreed(sets, nobodies, parts);
  return [...new Set(sets.values())];
}

/** What evidence of any kind connects, and is in two components nevertheless. */
async function linkParted(sets: Map<string, Linked>, parts: RegroupingParts): Promise<void> {
  const { everybody } = parts;
  const link = (one: number, other: number): void => {
    if (one === other) return;
    const set = unite(sets, [String(one), String(other)], { components: [one, other], freed: [] });
    if (set.components.length > maxLinkedComponents) throw tooManyParted();
  };
  for await (const page of pairPages(everybody.crossings, parts)) {
    const persons = await everybody.persons(distinct(page.flat()));
    for (const [one, other] of page) {
      const [own, others] = [persons.get(one)?.component, persons.get(other)?.component];
      if (own !== undefined && others !== undefined) link(own, others);
    }
  }
  for await (const page of pairPages(everybody.statedPairs, parts)) {
    const rows = await everybody.identifiers(distinct(page.flat()));
    const joining = [...rows.values()].filter(({ decision }) => decision === "ordinary");
    const persons = await everybody.persons(distinct(joining.map(({ person }) => person)));
    const componentOf = new Map(joining.map(({ key, person }) => [key, persons.get(person)?.component]));
    for (const [a, b] of page) {
      const [own, others] = [componentOf.get(a), componentOf.get(b)];
      if (own !== undefined && others !== undefined) link(own, others);
    }
  }
}

function distinct<Item>(items: readonly Item[]): Item[] {
  return [...new Set(items)];
}

async function* pairPages<Of, Key>(
  page: (after: Key | null, limit: number) => Promise<Page<readonly [Of, Of], Key>>,
  parts: RegroupingParts,
): AsyncGenerator<(readonly [Of, Of])[]> {
  let after: Key | null = null;
  do {
    const { rows, next }: Page<readonly [Of, Of], Key> = await page(after, pageRows);
    yield rows;
    after = next;
    await breathe(parts);
  } while (after !== null);
}

async function linkFreed(sets: Map<string, Linked>, nobodies: Nobodies, parts: RegroupingParts): Promise<void> {
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
  parts: RegroupingParts,
): Promise<{ persons: number[]; keys: IdentifierKey[] }> {
  const { everybody } = parts;
  const persons = new Set([person]);
  const met = new Set<IdentifierKey>();
  for (const fragment of await everybody.fragmentsOf(fragments)) {
    persons.add(fragment.person);
    for (const key of fragment.identifiers) if (nobodies.has(key)) met.add(key);
  }
  const aliases = await everybody.edges([own], mostAliases(parts));
  const corrections = await everybody.corrections([own]);
  const stated = [...aliases, ...correctionEdges(corrections), ...probableEdges(corrections)];
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

function tooManyParted(): Problem {
  const message = `More than ${maxLinkedComponents} people's evidence hangs together but for the cap: other rules would have all of them looked at at once.`;
  return new Problem(422, "rules_join_too_many", message, {
    hint: "Look for a shared value among them, such as a test's login or a cashier's card, and keep it out of what is sent.",
  });
}
